//! Names and values as forms and queries carry them: `application/x-www-form-urlencoded`, in UTF-8.
//!
//! The usual parsers put U+FFFD in the place of bytes that are no text. Two ids in another charset would become one then.

use percent_encoding::percent_decode;

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A `%` that begins nothing stands for itself, `+` is a space, and a byte order mark before everything is passed over.
/// Fails with what is wrong, and where.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<(String, String)>, String> {
    let pairs = bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    let mut pairs = pairs.map(pair).collect::<Result<Vec<_>, _>>()?;
    if let Some((first, _)) = pairs.first_mut()
        && let Some(name) = first.strip_prefix(BYTE_ORDER_MARK)
    {
        *first = name.to_owned();
    }
    Ok(pairs)
}

fn pair(bytes: &[u8]) -> Result<(String, String), String> {
    let mut parts = bytes.splitn(2, |byte| *byte == b'=');
    let (name, value) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let Some(name) = text(name) else { return Err("the name of a parameter is not UTF-8".to_owned()) };
    match text(value) {
        Some(value) => Ok((name, value)),
        None => Err(format!("the value of {name} is not UTF-8")),
    }
}

fn text(bytes: &[u8]) -> Option<String> {
    let spaced: Vec<u8> = bytes.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&spaced).decode_utf8().ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_in_every_form_that_stands_for_them() {
        for (form, pairs) in [
            ("a=1&b=2", &[("a", "1"), ("b", "2")][..]),
            ("&a=1&&b&=3&", &[("a", "1"), ("b", ""), ("", "3")]),
            ("a=x+y&b=x%20y&c=x%2By&d=x=y", &[("a", "x y"), ("b", "x y"), ("c", "x+y"), ("d", "x=y")]),
            (
                "a=50%&b=%zz&c=%E4%BD%A0&d=你&%61=%6a",
                &[("a", "50%"), ("b", "%zz"), ("c", "你"), ("d", "你"), ("a", "j")],
            ),
            ("\u{feff}a=1&b=\u{feff}", &[("a", "1"), ("b", "\u{feff}")]),
            ("%EF%BB%BFa=1", &[("a", "1")]),
            ("a=%EF%BF%BD", &[("a", "\u{fffd}")]),
            ("", &[]),
        ] {
            let found = read(form.as_bytes()).unwrap();
            let found: Vec<_> = found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            assert_eq!(found, pairs, "{form}");
        }
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_refused_by_the_name_of_their_parameter() {
        for bad in [&b"a=1&userId=%E9"[..], b"userId=\xe9", b"userId=%C4%E3", b"userId=%ED%A0%80", b"userId=%F0%9F"] {
            assert_eq!(read(bad).unwrap_err(), "the value of userId is not UTF-8");
        }
        assert_eq!(read(b"%E9=1").unwrap_err(), "the name of a parameter is not UTF-8");
    }
}
