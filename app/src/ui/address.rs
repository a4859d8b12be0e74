//! Addresses with a query, so that a filtered list can be linked to.

/// `path` with the pairs whose value is not empty, percent-encoded (RFC 3986 §2.1). The same on the server and in the browser.
#[must_use]
pub fn address(path: &str, query: &[(&str, &str)]) -> String {
    let mut address = path.to_owned();
    let mut separator = '?';
    for (name, value) in query.iter().filter(|(_, value)| !value.is_empty()) {
        address.push(separator);
        encode(name, &mut address);
        address.push('=');
        encode(value, &mut address);
        separator = '&';
    }
    address
}

/// A text as one part of a path or of a query.
#[cfg(feature = "ssr")]
pub(crate) fn encoded(text: &str) -> String {
    let mut part = String::new();
    encode(text, &mut part);
    part
}

fn encode(text: &str, into: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            into.extend(['%', char::from(HEX[usize::from(byte >> 4)]), char::from(HEX[usize::from(byte & 15)])]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn empty_values_are_left_out_and_the_rest_is_encoded() {
        for (query, expect) in [
            (&[][..], "/logs"),
            (&[("q", "")], "/logs"),
            (&[("q", "a b&c=é"), ("page", "2")], "/logs?q=a%20b%26c%3D%C3%A9&page=2"),
            (&[("type", ""), ("api", "https://x/?a#b")], "/logs?api=https%3A%2F%2Fx%2F%3Fa%23b"),
        ] {
            assert_eq!(address("/logs", query), expect);
        }
    }
}
