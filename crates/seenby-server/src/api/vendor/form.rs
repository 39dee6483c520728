//! Form bodies. What a call needs is asked for by name; what nobody asks for is passed over, because SDKs send more than
//! the vendor documents.

use axum::http::{HeaderMap, header};
use seenby_core::ids::ID_CHARS_MAX;

use super::reply::Fault;

const CONTENT_TYPE: &str = "application/x-www-form-urlencoded";

pub(super) struct Form(Vec<(String, String)>);

type Result<T> = std::result::Result<T, Fault>;

impl Form {
    /// A `%` that begins nothing stands for itself, and bytes that are not UTF-8 become replacement characters.
    pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self> {
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if content_type.is_some_and(|found| !found.trim_start().to_ascii_lowercase().starts_with(CONTENT_TYPE)) {
            return Err(Fault::parameter(format!("the body must be {CONTENT_TYPE}")));
        }
        match body.is_empty() {
            true => Err(Fault::no_data("there is no data in the body")),
            false => Ok(Self(form_urlencoded::parse(body).into_owned().collect())),
        }
    }

    /// A parameter that must be there, once.
    pub(super) fn one(&self, name: &str) -> Result<&str> {
        self.optional(name)?.ok_or_else(|| Fault::parameter(format!("{name} is missing")))
    }

    pub(super) fn optional(&self, name: &str) -> Result<Option<&str>> {
        let mut found = self.all(name);
        let first = found.next();
        match found.next() {
            Some(_) => Err(Fault::parameter(format!("{name} is there more than once"))),
            None => Ok(first),
        }
    }

    pub(super) fn id(&self, name: &str) -> Result<&str> {
        check_id(name, self.one(name)?)
    }

    /// A parameter that may be repeated, and must be there.
    pub(super) fn ids(&self, name: &str, max: usize) -> Result<Vec<&str>> {
        let found = self.all(name).map(|id| check_id(name, id)).collect::<Result<Vec<_>>>()?;
        match found.len() {
            0 => Err(Fault::parameter(format!("{name} is missing"))),
            count if count > max => Err(Fault::parameter(format!("{count} times {name}; at most {max}"))),
            _ => Ok(found),
        }
    }

    /// 0 or 1; `false` when it is not there.
    pub(super) fn flag(&self, name: &str) -> Result<bool> {
        match self.optional(name)? {
            None | Some("0") => Ok(false),
            Some("1") => Ok(true),
            Some(_) => Err(Fault::parameter(format!("{name} is 0 or 1"))),
        }
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<u64>> {
        let not_a_number = |_| Fault::parameter(format!("{name} is not a number"));
        self.optional(name)?.map(|text| text.parse().map_err(not_a_number)).transpose()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    /// Parameters like `group[ID]=name`: the ID and the value of each.
    pub(super) fn indexed(&self, name: &str) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(move |(key, value)| {
            let id = key.strip_prefix(name)?.strip_prefix('[')?.strip_suffix(']')?;
            Some((id, value.as_str()))
        })
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The vendor has a code for what is too long; everything else about ids is checked with all others.
pub(super) fn check_id<'a>(name: &str, id: &'a str) -> Result<&'a str> {
    match id.chars().count() > ID_CHARS_MAX {
        true => Err(Fault::too_long(format!("{name} has more than {ID_CHARS_MAX} characters"))),
        false => Ok(id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(body: &str) -> Form {
        Form::read(&HeaderMap::new(), body.as_bytes()).unwrap()
    }

    #[test]
    fn sloppy_percent_encoding_is_read_as_it_was_meant() {
        let form = form("a=50%&b=%zz&c=x+y&d=%E4%BD%A0&e=好&f=a=b&group[g 1]=Ward+3&group%5Bg%2F2%5D=W");
        let read = ["a", "b", "c", "d", "e", "f"].map(|name| form.one(name).unwrap().to_owned());
        assert_eq!(read, ["50%", "%zz", "x y", "你", "好", "a=b"]);
        assert_eq!(form.indexed("group").collect::<Vec<_>>(), [("g 1", "Ward 3"), ("g/2", "W")]);
    }

    #[test]
    fn bytes_that_are_not_text_crash_nothing() {
        assert_eq!(Form::read(&HeaderMap::new(), b"a=\xff%ff").unwrap().one("a").unwrap(), "\u{fffd}\u{fffd}");
    }
}
