//! What commands print: the answer on stdout, everything else on stderr.

use serde::Serialize;

/// How the answer is printed.
#[derive(Clone, Copy)]
pub(crate) struct Output {
    /// As one JSON object.
    pub(crate) json: bool,
}

impl Output {
    /// Prints the object, or `text` for people.
    #[expect(clippy::print_stdout, reason = "stdout is where the answer of a command belongs")]
    pub(crate) fn answer(self, object: &impl Serialize, text: &str) {
        if self.json {
            println!("{}", serde_json::to_string(object).unwrap_or_default());
        } else {
            println!("{text}");
        }
    }

    /// Prints a line, whatever the form of answers.
    #[expect(clippy::print_stdout, reason = "stdout is where the one line of `serve` belongs")]
    pub(crate) fn line(self, text: &str) {
        println!("{text}");
    }

    /// Says what must be known of an answer.
    #[expect(clippy::print_stderr, reason = "stdout belongs to the answer alone")]
    pub(crate) fn note(self, text: &str) {
        eprintln!("note: {text}");
    }

    /// Tells people what is about to happen; programs read it in the answer.
    #[expect(clippy::print_stderr, reason = "stdout belongs to the answer alone")]
    pub(crate) fn told(self, lines: &[String]) {
        if !self.json {
            eprintln!("{}", lines.join("\n"));
        }
    }

    /// Says why there is no answer.
    #[expect(clippy::print_stderr, reason = "stderr is where the error of a command belongs")]
    pub(crate) fn fail(self, text: &str) {
        eprintln!("error: {text}");
    }
}

/// Labels and values, one a line, the values below each other.
pub(crate) fn table(rows: &[(&str, &str)]) -> String {
    let width = rows.iter().map(|(label, _)| label.len()).max().unwrap_or_default();
    rows.iter()
        .map(|(label, value)| format!("{label:width$}  {value}"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_below_each_other() {
        assert_eq!(table(&[("ID", "1"), ("Name", "x")]), "ID    1\nName  x");
    }
}
