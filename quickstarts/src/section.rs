//! Parts of a file that are shown by themselves: between a line with `[section:NAME]` and one with `[/section:NAME]`.

/// The text of one section.
pub fn cut(text: &str, name: &str) -> Option<String> {
    let (open, close) = (format!("[section:{name}]"), format!("[/section:{name}]"));
    let start = text.find(&open)?;
    let end = start + text[start..].find(&close)?;
    // From the line after the opening marker to the line before the closing one.
    let body = &text[start + text[start..].find('\n')? + 1..];
    let body = &body[..end - (text.len() - body.len())];
    let body = body.rfind('\n').map_or("", |newline| &body[..=newline]);
    Some(without_markers(body))
}

/// The text without the lines that only mark sections.
pub fn without_markers(text: &str) -> String {
    text.split_inclusive('\n')
        .filter(|line| !line.contains("[section:") && !line.contains("[/section:"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "#!/bin/sh\n# [section:a]\none\n# [/section:a]\n\n# [section:b]\ntwo\nthree\n# [/section:b]\n";

    #[test]
    fn sections_are_cut_by_whole_lines() {
        assert_eq!(cut(TEXT, "a").unwrap(), "one\n");
        assert_eq!(cut(TEXT, "b").unwrap(), "two\nthree\n");
        assert_eq!(cut(TEXT, "c"), None);
        assert_eq!(cut("# [section:a]\nopen", "a"), None);
        assert_eq!(cut("# [section:a]\n# [/section:a]\n", "a").unwrap(), "");
    }

    #[test]
    fn markers_are_dropped() {
        assert_eq!(without_markers(TEXT), "#!/bin/sh\none\n\ntwo\nthree\n");
    }
}
