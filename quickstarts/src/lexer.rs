//! Cuts programs into comments, strings, keywords and the rest.
//!
//! Our own and small: a full highlighter weighs megabytes, and this one also decides where a value may safely be put,
//! so it must be readable as a whole. It knows what our own programs use of their languages; a test holds it to that.

use model::quickstart::Language;

/// A piece of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    pub kind: TokenKind,
    pub text: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    Plain,
    Keyword,
    Comment,
    /// A string literal with its quotes.
    Literal(Quote),
}

/// How a string literal is quoted, which decides how a value inside must be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quote {
    Single,
    Double,
    /// Raw, formatted, interpolated: no place for a value.
    Special,
}

/// The pieces of `text`; joined they are `text`.
pub fn lex(language: Language, text: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut plain = 0;
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        let before = text[..at].chars().next_back();
        let found = comment(language, before, &text[at..])
            .or_else(|| literal(language, before, &text[at..]))
            .or_else(|| word(language, before, &text[at..]));
        match found {
            Some((kind, length)) => {
                push(&mut tokens, TokenKind::Plain, &text[plain..at]);
                push(&mut tokens, kind, &text[at..at + length]);
                at += length;
                plain = at;
            }
            // Outside of quotes a backslash takes the meaning from the character after it.
            None if next == '\\' && language == Language::Shell => at += 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8),
            None => at += next.len_utf8(),
        }
    }
    push(&mut tokens, TokenKind::Plain, &text[plain..]);
    tokens
}

fn push<'a>(tokens: &mut Vec<Token<'a>>, kind: TokenKind, text: &'a str) {
    if !text.is_empty() {
        tokens.push(Token { kind, text });
    }
}

/// A comment at the start of `rest`: up to the end of its line.
fn comment(language: Language, before: Option<char>, rest: &str) -> Option<(TokenKind, usize)> {
    let opener = match language {
        Language::Javascript | Language::Rust => "//",
        Language::Python | Language::Toml => "#",
        // In the middle of a word it is no comment: `${name#prefix}`.
        Language::Shell if before.is_none_or(char::is_whitespace) => "#",
        Language::Shell | Language::Json | Language::Text => return None,
    };
    rest.starts_with(opener)
        .then(|| (TokenKind::Comment, rest.find('\n').unwrap_or(rest.len())))
}

/// A string literal at the start of `rest`; one without an end reaches to the end of the text.
fn literal(language: Language, before: Option<char>, rest: &str) -> Option<(TokenKind, usize)> {
    if language == Language::Rust
        && let Some(length) = rust_raw_string(before, rest).or_else(|| rust_char(rest))
    {
        return Some((TokenKind::Literal(Quote::Special), length));
    }
    let (open, quote) = match (rest.chars().next()?, language) {
        (_, Language::Text) => return None,
        ('"', _) => ('"', Quote::Double),
        ('\'', Language::Javascript | Language::Python | Language::Shell | Language::Toml) => ('\'', Quote::Single),
        ('`', Language::Javascript) => ('`', Quote::Special),
        _ => return None,
    };
    // A letter in front makes another kind of literal: `f"…"`, `b'…'`.
    let prefixed = matches!(language, Language::Python | Language::Rust) && before.is_some_and(is_word_char);
    let triple = &rest[..rest.len().min(3)];
    let close = if language == Language::Python && triple.len() == 3 && triple.bytes().all(|byte| byte == open as u8) {
        triple
    } else {
        &rest[..1]
    };
    let escapes = !(quote == Quote::Single && matches!(language, Language::Shell | Language::Toml));
    let length = length_to(rest, close, escapes);
    Some((TokenKind::Literal(if prefixed { Quote::Special } else { quote }), length))
}

/// Length of the literal that starts `rest` with `close` and ends with it.
fn length_to(rest: &str, close: &str, escapes: bool) -> usize {
    let mut at = close.len();
    while let Some(next) = rest[at..].chars().next() {
        if rest[at..].starts_with(close) {
            return at + close.len();
        }
        at += next.len_utf8();
        if escapes && next == '\\' {
            at += rest[at..].chars().next().map_or(0, char::len_utf8);
        }
    }
    rest.len()
}

/// Length of `r"…"`, `r#"…"#` and so on.
fn rust_raw_string(before: Option<char>, rest: &str) -> Option<usize> {
    if before.is_some_and(is_word_char) {
        return None;
    }
    let hashes = rest.strip_prefix('r')?.bytes().take_while(|byte| *byte == b'#').count();
    let body = rest[1 + hashes..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    Some(body.find(&close).map_or(rest.len(), |end| 2 + hashes + end + close.len()))
}

/// Length of `'c'` or `'\n'`; a lifetime has no closing quote.
fn rust_char(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix('\'')?;
    let escape = usize::from(body.starts_with('\\'));
    let length = escape + body[escape..].chars().next()?.len_utf8();
    body[length..].starts_with('\'').then_some(length + 2)
}

/// A keyword at the start of `rest`.
fn word(language: Language, before: Option<char>, rest: &str) -> Option<(TokenKind, usize)> {
    if before.is_some_and(is_word_char) {
        return None;
    }
    let length = rest.find(|c| !is_word_char(c)).unwrap_or(rest.len());
    keywords(language).contains(&&rest[..length]).then_some((TokenKind::Keyword, length))
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn keywords(language: Language) -> &'static [&'static str] {
    match language {
        Language::Javascript => &[
            "async", "await", "const", "else", "export", "false", "for", "from", "function", "if", "import", "let", "new", "null", "return", "throw",
            "true", "try", "catch",
        ],
        Language::Python => &[
            "False", "None", "True", "and", "as", "class", "def", "else", "except", "for", "from", "if", "import", "in", "is", "not", "or", "raise",
            "return", "try", "with",
        ],
        Language::Rust => &[
            "Self", "as", "async", "await", "const", "crate", "dyn", "else", "enum", "false", "fn", "for", "if", "impl", "in", "let", "match", "mod",
            "move", "mut", "pub", "return", "self", "static", "struct", "true", "type", "use", "where",
        ],
        Language::Shell => &["do", "done", "else", "exit", "export", "fi", "for", "if", "read", "set", "then"],
        Language::Toml | Language::Json => &["false", "null", "true"],
        Language::Text => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use TokenKind::{Comment, Keyword, Literal, Plain};

    fn check(language: Language, text: &str, expect: &[(TokenKind, &str)]) {
        let found: Vec<_> = lex(language, text).iter().map(|token| (token.kind, token.text)).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn javascript() {
        check(
            Language::Javascript,
            "const a = 'it\\'s'; // b\n`c`",
            &[
                (Keyword, "const"),
                (Plain, " a = "),
                (Literal(Quote::Single), "'it\\'s'"),
                (Plain, "; "),
                (Comment, "// b"),
                (Plain, "\n"),
                (Literal(Quote::Special), "`c`"),
            ],
        );
    }

    #[test]
    fn python() {
        check(
            Language::Python,
            "x = f\"{a}\" # c\n\"\"\"a\"b\"\"\"",
            &[
                (Plain, "x = f"),
                (Literal(Quote::Special), "\"{a}\""),
                (Plain, " "),
                (Comment, "# c"),
                (Plain, "\n"),
                (Literal(Quote::Double), "\"\"\"a\"b\"\"\""),
            ],
        );
    }

    #[test]
    fn rust() {
        check(
            Language::Rust,
            "for<'a> r#\"x\"y\"# '\"' \"z\"",
            &[
                (Keyword, "for"),
                (Plain, "<'a> "),
                (Literal(Quote::Special), "r#\"x\"y\"#"),
                (Plain, " "),
                (Literal(Quote::Special), "'\"'"),
                (Plain, " "),
                (Literal(Quote::Double), "\"z\""),
            ],
        );
    }

    #[test]
    fn shell() {
        check(
            Language::Shell,
            "a \\' 'b\\' \"c\\\"\" ${d#e} # f",
            &[
                (Plain, "a \\' "),
                (Literal(Quote::Single), "'b\\'"),
                (Plain, " "),
                (Literal(Quote::Double), "\"c\\\"\""),
                (Plain, " ${d#e} "),
                (Comment, "# f"),
            ],
        );
    }

    #[test]
    fn open_literals_and_empty_texts() {
        check(Language::Python, "'''é", &[(Literal(Quote::Single), "'''é")]);
        check(Language::Python, "''", &[(Literal(Quote::Single), "''")]);
        check(Language::Shell, "é\\", &[(Plain, "é\\")]);
        check(Language::Text, "\"a\"", &[(Plain, "\"a\"")]);
        check(Language::Json, "", &[]);
    }
}
