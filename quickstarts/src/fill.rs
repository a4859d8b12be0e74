//! Puts the reader's values where the sentinels stand, so that a value can never become code.

use model::api::SigningAlg;
use model::quickstart::{Language, Span, SpanKind};

use crate::Values;
use crate::lexer::{Quote, Token, TokenKind, lex};

/// The algorithm that the programs are written for. What takes its place is a name of ours, which is safe in any place.
const ALG: &str = "RS256";

/// Each sentinel with the value that takes its place; one without a value stays as it is.
pub struct Sentinels<'a>(Vec<(&'static str, &'a str)>);

impl<'a> Sentinels<'a> {
    pub fn new(values: &'a Values, alg: SigningAlg) -> Self {
        let values = [
            ("https://issuer.example/", Some(&values.issuer)),
            ("https://api.example/", Some(&values.identifier)),
            ("read:example", values.scope.as_ref()),
            ("YOUR_CLIENT_ID", values.client_id.as_ref()),
            ("YOUR_KEY_ID", values.kid.as_ref()),
            ("SECOND_KEY_ID", values.second_kid.as_ref()),
        ];
        let given = values.into_iter().filter_map(|(sentinel, value)| Some((sentinel, value?.as_str())));
        Self(given.chain([(ALG, alg.as_str())]).collect())
    }

    /// The values in a text for people, where nothing needs to be escaped.
    pub fn replace_in_prose(&self, text: &str) -> String {
        self.split(text).iter().map(|piece| piece.value.unwrap_or(piece.text)).collect()
    }

    /// Whether a value belongs into `text`.
    pub fn stand_in(&self, text: &str) -> bool {
        self.first_in(text).is_some()
    }

    /// Cuts `text` at the sentinels in one pass, so that a value that holds a sentinel is not replaced again.
    fn split<'t>(&self, mut text: &'t str) -> Vec<Piece<'t, 'a>> {
        let mut pieces = Vec::new();
        while let Some((start, sentinel, value)) = self.first_in(text) {
            pieces.push(Piece {
                text: &text[..start],
                value: None,
            });
            pieces.push(Piece {
                text: &text[start..start + sentinel.len()],
                value: Some(value),
            });
            text = &text[start + sentinel.len()..];
        }
        pieces.push(Piece { text, value: None });
        pieces
    }

    fn first_in(&self, text: &str) -> Option<(usize, &'static str, &'a str)> {
        self.0
            .iter()
            .filter_map(|(sentinel, value)| Some((text.find(sentinel)?, *sentinel, *value)))
            .min_by_key(|(start, ..)| *start)
    }
}

/// A piece of a text, and the value that takes its place if it is a sentinel.
struct Piece<'t, 'a> {
    text: &'t str,
    value: Option<&'a str>,
}

/// `text` with the values in it, in pieces for highlighting.
///
/// # Errors
/// A sentinel stands outside of a string literal, or in a kind of literal in which values can't be escaped.
pub fn fill(language: Language, text: &str, sentinels: &Sentinels<'_>) -> Result<Vec<Span>, String> {
    let mut spans = Vec::new();
    for token in lex(language, text) {
        for piece in sentinels.split(token.text) {
            let span = match piece.value {
                Some(value) => Span {
                    kind: SpanKind::Value,
                    text: match piece.text {
                        ALG => value.to_owned(),
                        _ => written(language, token, value).ok_or_else(|| misplaced(piece.text, text))?,
                    },
                },
                None => Span {
                    kind: look(token.kind),
                    text: piece.text.to_owned(),
                },
            };
            if !span.text.is_empty() {
                spans.push(span);
            }
        }
    }
    // A bare address is cut by the `//` in it, and no piece of it is the sentinel.
    match unfilled(text, sentinels, &spans) {
        Some(sentinel) => Err(misplaced(sentinel, text)),
        None => Ok(spans),
    }
}

fn unfilled<'t>(text: &'t str, sentinels: &Sentinels<'_>, spans: &[Span]) -> Option<&'t str> {
    let filled = spans.iter().filter(|span| span.kind == SpanKind::Value).count();
    sentinels
        .split(text)
        .iter()
        .filter(|piece| piece.value.is_some())
        .map(|piece| piece.text)
        .nth(filled)
}

fn misplaced(sentinel: &str, text: &str) -> String {
    let line = text.lines().find(|line| line.contains(sentinel)).unwrap_or_default();
    format!("{sentinel} stands where a value can't be put: {line}")
}

fn look(kind: TokenKind) -> SpanKind {
    match kind {
        TokenKind::Plain => SpanKind::Plain,
        TokenKind::Keyword => SpanKind::Keyword,
        TokenKind::Comment => SpanKind::Comment,
        TokenKind::Literal(_) => SpanKind::String,
    }
}

/// `value` as it must be written inside of `token`; `None` where that can't be done.
fn written(language: Language, token: Token<'_>, value: &str) -> Option<String> {
    use Language::{Csharp, Go, Java, Javascript, Json, Php, Powershell, Python, Ruby, Rust, Shell, Text, Toml, Xml};
    let TokenKind::Literal(quote) = token.kind else { return None };
    match (language, quote) {
        (_, Quote::Special) | (Text | Xml, _) => None,
        // Between single quotes a shell takes everything as it is, so a quote has to stand outside of them.
        (Shell, Quote::Single) => (!value.contains('\0')).then(|| value.replace('\'', r"'\''")),
        (Powershell, Quote::Single) => Some(
            value
                .chars()
                .flat_map(|c| std::iter::repeat_n(c, 1 + usize::from(is_powershell_quote(c))))
                .collect(),
        ),
        // Here a backslash means itself, except before a quote or another backslash.
        (Php | Ruby, Quote::Single) => Some(value.replace('\\', r"\\").replace('\'', r"\'")),
        // Between double quotes these put the values of variables in.
        (Shell | Powershell | Php | Ruby, Quote::Double) => None,
        (Toml | Go | Java | Csharp | Json | Rust, Quote::Single) => None,
        (Javascript | Python, Quote::Single | Quote::Double) | (Go | Java | Csharp | Rust | Toml | Json, Quote::Double) => {
            Some(value.chars().map(|c| with_backslash(language, quote, c)).collect())
        }
    }
}

/// PowerShell ends a string at typographic quotes too; two of them mean one.
fn is_powershell_quote(c: char) -> bool {
    matches!(c, '\'' | '\u{2018}'..='\u{201b}')
}

fn with_backslash(language: Language, quote: Quote, c: char) -> String {
    match c {
        '\\' => r"\\".to_owned(),
        '\'' if quote == Quote::Single => r"\'".to_owned(),
        '"' if quote == Quote::Double => r#"\""#.to_owned(),
        c if c.is_control() && language == Language::Rust => format!("\\u{{{:x}}}", u32::from(c)),
        // Java puts `\uXXXX` in before it looks for the end of a string; the octal form comes after that. It reaches to U+00FF,
        // and the control characters end at U+009F.
        c if c.is_control() && language == Language::Java => format!("\\{:03o}", u32::from(c)),
        c if c.is_control() => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "a'b\"c\\d$e`f${g}{h}\n";

    fn check(language: Language, text: &str, expect: Option<&str>) {
        let values = Values {
            issuer: "I".to_owned(),
            identifier: HOSTILE.to_owned(),
            scope: None,
            client_id: None,
            kid: None,
            second_kid: None,
        };
        let filled = fill(language, text, &Sentinels::new(&values, SigningAlg::ES256)).ok();
        let joined = filled.map(|spans| spans.into_iter().map(|span| span.text).collect::<String>());
        assert_eq!(joined.as_deref(), expect, "{text}");
    }

    #[test]
    fn values_are_escaped_for_their_literal() {
        check(Language::Javascript, "'https://api.example/'", Some(r#"'a\'b"c\\d$e`f${g}{h}\u000a'"#));
        check(Language::Javascript, "\"https://api.example/\"", Some(r#""a'b\"c\\d$e`f${g}{h}\u000a""#));
        check(Language::Python, "'https://api.example/'", Some(r#"'a\'b"c\\d$e`f${g}{h}\u000a'"#));
        check(Language::Rust, "\"https://api.example/\"", Some(r#""a'b\"c\\d$e`f${g}{h}\u{a}""#));
        check(Language::Json, "\"https://api.example/\"", Some(r#""a'b\"c\\d$e`f${g}{h}\u000a""#));
        check(Language::Toml, "\"https://api.example/\"", Some(r#""a'b\"c\\d$e`f${g}{h}\u000a""#));
        check(Language::Go, "\"https://api.example/\"", Some(r#""a'b\"c\\d$e`f${g}{h}\u000a""#));
        check(Language::Csharp, "\"https://api.example/\"", Some(r#""a'b\"c\\d$e`f${g}{h}\u000a""#));
        check(Language::Java, "\"https://api.example/\"", Some(r#""a'b\"c\\d$e`f${g}{h}\012""#));
        check(Language::Ruby, "'https://api.example/'", Some("'a\\'b\"c\\\\d$e`f${g}{h}\n'"));
        check(Language::Php, "'https://api.example/'", Some("'a\\'b\"c\\\\d$e`f${g}{h}\n'"));
        check(Language::Powershell, "'https://api.example/'", Some("'a''b\"c\\d$e`f${g}{h}\n'"));
        check(Language::Shell, "'https://api.example/'", Some("'a'\\''b\"c\\d$e`f${g}{h}\n'"));
    }

    #[test]
    fn the_algorithm_stands_anywhere() {
        check(
            Language::Rust,
            "Validation::new(Algorithm::RS256)",
            Some("Validation::new(Algorithm::ES256)"),
        );
        check(Language::Python, "algorithms=[\"RS256\"]", Some("algorithms=[\"ES256\"]"));
    }

    #[test]
    fn other_places_are_refused() {
        for (language, text) in [
            (Language::Javascript, "`https://api.example/`"),
            (Language::Javascript, "// https://api.example/"),
            (Language::Javascript, "x = /https://api.example//"),
            (Language::Python, "f'https://api.example/'"),
            (Language::Rust, "r\"https://api.example/\""),
            (Language::Shell, "curl https://api.example/"),
            (Language::Shell, "\"https://api.example/\""),
            (Language::Toml, "'https://api.example/'"),
            (Language::Go, "`https://api.example/`"),
            (Language::Go, "'https://api.example/'"),
            (Language::Java, "\"\"\"\nhttps://api.example/\"\"\""),
            (Language::Java, "/* \"https://api.example/\" */"),
            (Language::Csharp, "$\"https://api.example/\""),
            (Language::Csharp, "@\"https://api.example/\""),
            (Language::Csharp, "\"\"\"https://api.example/\"\"\""),
            (Language::Ruby, "\"https://api.example/\""),
            (Language::Ruby, "# 'https://api.example/'"),
            (Language::Php, "\"https://api.example/\""),
            (Language::Php, "# 'https://api.example/'"),
            (Language::Powershell, "\"https://api.example/\""),
            (Language::Powershell, "<# 'https://api.example/' #>"),
            (Language::Xml, "<a b=\"https://api.example/\"/>"),
            (Language::Text, "'https://api.example/'"),
        ] {
            check(language, text, None);
        }
    }

    #[test]
    fn a_value_that_holds_a_sentinel_is_not_replaced_again() {
        let values = Values {
            issuer: "https://api.example/".to_owned(),
            identifier: "read:example".to_owned(),
            scope: Some("https://issuer.example/".to_owned()),
            client_id: None,
            kid: None,
            second_kid: None,
        };
        let text =
            Sentinels::new(&values, SigningAlg::ES256).replace_in_prose("https://issuer.example/ https://api.example/ read:example YOUR_CLIENT_ID");
        assert_eq!(text, "https://api.example/ read:example https://issuer.example/ YOUR_CLIENT_ID");
    }
}
