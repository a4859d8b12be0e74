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

/// A comment at the start of `rest`: up to the end of its line, or to the sign that closes it.
fn comment(language: Language, before: Option<char>, rest: &str) -> Option<(TokenKind, usize)> {
    let of_line: &[&str] = match language {
        Language::Javascript | Language::Rust | Language::Go | Language::Java | Language::Csharp => &["//"],
        Language::Php => &["//", "#"],
        Language::Python | Language::Ruby | Language::Toml => &["#"],
        // In the middle of a word it is no comment: `${name#prefix}`.
        Language::Shell | Language::Powershell if before.is_none_or(char::is_whitespace) => &["#"],
        Language::Shell | Language::Powershell | Language::Xml | Language::Json | Language::Text => &[],
    };
    let (open, close) = match language {
        Language::Javascript | Language::Go | Language::Java | Language::Csharp | Language::Php => ("/*", "*/"),
        Language::Powershell => ("<#", "#>"),
        Language::Xml => ("<!--", "-->"),
        _ => ("", ""),
    };
    let length = if of_line.iter().any(|opener| rest.starts_with(opener)) {
        rest.find('\n').unwrap_or(rest.len())
    } else if !open.is_empty() && rest.starts_with(open) {
        rest[open.len()..].find(close).map_or(rest.len(), |end| open.len() + end + close.len())
    } else {
        return None;
    };
    Some((TokenKind::Comment, length))
}

/// A string literal at the start of `rest`; one without an end reaches to the end of the text.
fn literal(language: Language, before: Option<char>, rest: &str) -> Option<(TokenKind, usize)> {
    use Language::{Csharp, Go, Java, Javascript, Php, Powershell, Python, Ruby, Rust, Shell, Text, Toml};
    if language == Rust
        && let Some(length) = rust_raw_string(before, rest)
    {
        return Some((TokenKind::Literal(Quote::Special), length));
    }
    // Between single quotes these have one character. A lifetime of Rust has no closing quote.
    if matches!(language, Rust | Go | Java | Csharp)
        && let Some(length) = character(rest)
    {
        return Some((TokenKind::Literal(Quote::Special), length));
    }
    if matches!(language, Java | Csharp) && rest.starts_with(THREE) {
        return Some((TokenKind::Literal(Quote::Special), length_to(rest, THREE, Escape::Backslash)));
    }
    let (open, quote) = match (rest.chars().next()?, language) {
        (_, Text) => return None,
        ('"', _) => ('"', Quote::Double),
        ('\'', Javascript | Python | Shell | Toml | Ruby | Php | Powershell) => ('\'', Quote::Single),
        ('`', Javascript | Go) => ('`', Quote::Special),
        _ => return None,
    };
    // What stands in front makes another kind of literal: `f"…"`, `b'…'`, `$"…"`, `@"…"`.
    let prefixed = match language {
        Python | Rust => before.is_some_and(is_word_char),
        Csharp => matches!(before, Some('$' | '@')),
        Powershell => before == Some('@'),
        _ => false,
    };
    let triple = rest.get(..3).filter(|triple| language == Python && triple.chars().all(|c| c == open));
    let close = triple.unwrap_or(&rest[..1]);
    let escape = match (language, quote) {
        (Powershell, _) => Escape::Doubled,
        (Shell | Toml, Quote::Single) | (Go, Quote::Special) => Escape::None,
        (Csharp, _) if prefixed => Escape::Doubled,
        _ => Escape::Backslash,
    };
    let length = length_to(rest, close, escape);
    Some((TokenKind::Literal(if prefixed { Quote::Special } else { quote }), length))
}

const THREE: &str = "\"\"\"";

/// How the sign that would end a literal is written inside of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Escape {
    None,
    Backslash,
    /// Twice; PowerShell also knows the backtick, which our programs do without.
    Doubled,
}

/// Length of the literal that starts `rest` with `close` and ends with it.
fn length_to(rest: &str, close: &str, escape: Escape) -> usize {
    let mut at = close.len();
    while let Some(next) = rest[at..].chars().next() {
        if rest[at..].starts_with(close) {
            let end = at + close.len();
            if escape != Escape::Doubled || !rest[end..].starts_with(close) {
                return end;
            }
            at = end;
        }
        at += next.len_utf8();
        if escape == Escape::Backslash && next == '\\' {
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

/// Length of `'c'`, `'\n'` or `'\u0041'`.
fn character(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix('\'')?;
    let length = match body.strip_prefix('\\') {
        Some(escaped) => 1 + escaped.chars().next()?.len_utf8() + escaped.chars().skip(1).take_while(char::is_ascii_hexdigit).count(),
        None => body.chars().next()?.len_utf8(),
    };
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
        Language::Go => &[
            "case",
            "chan",
            "const",
            "default",
            "defer",
            "else",
            "false",
            "for",
            "func",
            "go",
            "if",
            "import",
            "interface",
            "map",
            "nil",
            "package",
            "range",
            "return",
            "select",
            "struct",
            "switch",
            "true",
            "type",
            "var",
        ],
        Language::Java => &[
            "boolean",
            "case",
            "catch",
            "class",
            "else",
            "extends",
            "false",
            "final",
            "for",
            "if",
            "implements",
            "import",
            "int",
            "long",
            "new",
            "null",
            "package",
            "private",
            "public",
            "record",
            "return",
            "static",
            "synchronized",
            "this",
            "throw",
            "throws",
            "true",
            "try",
            "var",
            "void",
            "while",
        ],
        Language::Ruby => &[
            "and", "begin", "class", "def", "do", "else", "elsif", "end", "ensure", "false", "if", "module", "nil", "not", "or", "raise", "require",
            "rescue", "return", "self", "then", "true", "unless", "until", "while", "yield",
        ],
        Language::Php => &[
            "array", "as", "case", "catch", "class", "const", "declare", "echo", "else", "elseif", "exit", "false", "final", "fn", "for", "foreach",
            "function", "if", "match", "new", "null", "private", "public", "readonly", "require", "return", "static", "throw", "true", "try", "use",
            "void",
        ],
        Language::Csharp => &[
            "async", "await", "bool", "case", "catch", "class", "else", "false", "for", "foreach", "if", "int", "internal", "long", "new", "null",
            "private", "public", "readonly", "record", "return", "sealed", "static", "string", "throw", "true", "try", "using", "var", "void",
            "while",
        ],
        Language::Powershell => &[
            "catch", "else", "exit", "finally", "for", "foreach", "function", "if", "param", "return", "throw", "try", "while",
        ],
        Language::Shell => &[
            "do", "done", "elif", "else", "exit", "export", "fi", "for", "if", "read", "set", "then", "while",
        ],
        Language::Toml | Language::Json => &["false", "null", "true"],
        Language::Xml | Language::Text => &[],
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
    fn comments_that_are_closed() {
        check(Language::Go, "a /* \"b\" */ c", &[(Plain, "a "), (Comment, "/* \"b\" */"), (Plain, " c")]);
        check(Language::Powershell, "<# a #># b", &[(Comment, "<# a #>"), (Plain, "# b")]);
        check(
            Language::Xml,
            "<!-- a --><b c=\"d\">",
            &[(Comment, "<!-- a -->"), (Plain, "<b c="), (Literal(Quote::Double), "\"d\""), (Plain, ">")],
        );
        check(Language::Php, "# a\n// b", &[(Comment, "# a"), (Plain, "\n"), (Comment, "// b")]);
        check(Language::Java, "/* open", &[(Comment, "/* open")]);
    }

    #[test]
    fn characters_are_no_strings() {
        for language in [Language::Go, Language::Java, Language::Csharp, Language::Rust] {
            check(
                language,
                "'\"' '\\'' \"a\"",
                &[
                    (Literal(Quote::Special), "'\"'"),
                    (Plain, " "),
                    (Literal(Quote::Special), "'\\''"),
                    (Plain, " "),
                    (Literal(Quote::Double), "\"a\""),
                ],
            );
        }
        check(Language::Java, "'\\u0041'", &[(Literal(Quote::Special), "'\\u0041'")]);
    }

    #[test]
    fn quotes_that_are_doubled() {
        check(
            Language::Powershell,
            "'a''b' 'c\\'",
            &[(Literal(Quote::Single), "'a''b'"), (Plain, " "), (Literal(Quote::Single), "'c\\'")],
        );
        check(
            Language::Csharp,
            "@\"a\"\"b\\\"",
            &[(Plain, "@"), (Literal(Quote::Special), "\"a\"\"b\\\"")],
        );
        check(Language::Csharp, "$\"a{b}\"", &[(Plain, "$"), (Literal(Quote::Special), "\"a{b}\"")]);
    }

    #[test]
    fn raw_texts() {
        check(Language::Go, "`a\\`", &[(Literal(Quote::Special), "`a\\`")]);
        check(
            Language::Java,
            "\"\"\"\na \"b\"\n\"\"\"",
            &[(Literal(Quote::Special), "\"\"\"\na \"b\"\n\"\"\"")],
        );
        check(Language::Ruby, "'a\\'b'", &[(Literal(Quote::Single), "'a\\'b'")]);
    }

    #[test]
    fn open_literals_and_empty_texts() {
        check(Language::Python, "'é'", &[(Literal(Quote::Single), "'é'")]);
        check(Language::Python, "'''é", &[(Literal(Quote::Single), "'''é")]);
        check(Language::Python, "''", &[(Literal(Quote::Single), "''")]);
        check(Language::Shell, "é\\", &[(Plain, "é\\")]);
        check(Language::Text, "\"a\"", &[(Plain, "\"a\"")]);
        check(Language::Json, "", &[]);
    }
}
