//! Form bodies. What a call needs is asked for by name; what nobody asks for is passed over, because SDKs send more than
//! the vendor documents.

use axum::http::HeaderMap;
use seenby_core::ids::ID_CHARS_MAX;
use serde_json::{Map, Value};

use super::reply::Fault;
use crate::api::{media_type, pairs};

pub(super) struct Form(Vec<(String, String)>);

type Result<T> = std::result::Result<T, Fault>;

impl Form {
    /// Some calls of the vendor's are documented with a JSON object as the body. It is read for every call.
    pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self> {
        match media_type::essence(headers).as_deref() {
            None | Some("application/x-www-form-urlencoded") => {
                let form = Self(pairs::read(body).map_err(Fault::parameter)?);
                form.check_charset(headers)?;
                Ok(form)
            }
            Some("application/json") => Self::from_json(body),
            Some(other) => Err(Fault::parameter(format!(
                "the body must be application/x-www-form-urlencoded or application/json; this is {other}"
            ))),
        }
    }

    /// What is declared as another charset is taken while it has letters of ASCII alone: they are the same in all.
    fn check_charset(&self, headers: &HeaderMap) -> Result<()> {
        let Some(charset) = media_type::charset(headers) else { return Ok(()) };
        let is_utf_8 = ["utf-8", "utf8"].iter().any(|name| charset.eq_ignore_ascii_case(name));
        match self.0.iter().find(|(name, value)| !(is_utf_8 || name.is_ascii() && value.is_ascii())) {
            Some((name, _)) => Err(Fault::parameter(format!("{name} is declared as {charset}: send it in UTF-8"))),
            None => Ok(()),
        }
    }

    fn from_json(body: &[u8]) -> Result<Self> {
        let body = media_type::without_byte_order_mark(body);
        if body.is_empty() {
            return Ok(Self(Vec::new()));
        }
        let not_object = |error| Fault::parameter(format!("the body is not a JSON object: {error}"));
        let members: Map<String, Value> = serde_json::from_slice(body).map_err(not_object)?;
        Ok(Self(members.into_iter().flat_map(|(name, value)| parameters(&name, value)).collect()))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
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

    /// A parameter that says nothing when it is empty, as forms send what nobody filled in.
    pub(super) fn filled(&self, name: &str) -> Result<Option<&str>> {
        Ok(self.optional(name)?.filter(|value| !value.is_empty()))
    }

    /// 0 or 1, which JSON writes as `false` and `true` too; `false` when it is not there.
    pub(super) fn flag(&self, name: &str) -> Result<bool> {
        match self.filled(name)? {
            None | Some("0" | "false") => Ok(false),
            Some("1" | "true") => Ok(true),
            Some(_) => Err(Fault::parameter(format!("{name} is 0 or 1"))),
        }
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<u64>> {
        let not_a_number = |_| Fault::parameter(format!("{name} is not a number"));
        self.filled(name)?.map(|text| text.parse().map_err(not_a_number)).transpose()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.all(name).any(|value| !value.is_empty())
    }

    /// Parameters like `group[ID]=name`: the ID and the value of each.
    pub(super) fn indexed(&self, name: &str) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(move |(key, value)| {
            let id = key.strip_prefix(name)?.strip_prefix('[')?.strip_suffix(']')?;
            Some((id, value.as_str()))
        })
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(key, _)| names(key, name)).map(|(_, value)| value.as_str())
    }
}

/// `userId`, and as PHP writes the items of a list: `userId[]`, `userId[0]`.
fn names(key: &str, name: &str) -> bool {
    let index = key.strip_prefix(name);
    let index = index.and_then(|rest| rest.strip_prefix('[')).and_then(|rest| rest.strip_suffix(']'));
    key == name || index.is_some_and(|index| index.bytes().all(|digit| digit.is_ascii_digit()))
}

/// A member of a JSON object as a form has it: each item of a list by itself, an object as its text.
fn parameters(name: &str, value: Value) -> Vec<(String, String)> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.into_iter().flat_map(|item| parameters(name, item)).collect(),
        Value::String(text) => vec![(name.to_owned(), text)],
        other => vec![(name.to_owned(), other.to_string())],
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
    use axum::http::header;

    use super::*;

    fn form(body: &str) -> Form {
        Form::read(&HeaderMap::new(), body.as_bytes()).unwrap()
    }

    fn typed(content_type: &str, body: &[u8]) -> Result<Form> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, content_type.parse().unwrap());
        Form::read(&headers, body)
    }

    #[test]
    fn sloppy_percent_encoding_is_read_as_it_was_meant() {
        let form = form("a=50%&b=%zz&c=x+y&d=%E4%BD%A0&e=好&f=a=b&group[g 1]=Ward+3&group%5Bg%2F2%5D=W");
        let read = ["a", "b", "c", "d", "e", "f"].map(|name| form.one(name).unwrap().to_owned());
        assert_eq!(read, ["50%", "%zz", "x y", "你", "好", "a=b"]);
        assert_eq!(form.indexed("group").collect::<Vec<_>>(), [("g 1", "Ward 3"), ("g/2", "W")]);
    }

    #[test]
    fn lists_are_read_as_every_language_writes_them() {
        for list in ["userId=a&userId=b", "userId[]=a&userId[]=b", "userId[0]=a&userId%5B1%5D=b"] {
            assert_eq!(form(list).ids("userId", 2).unwrap(), ["a", "b"], "{list}");
        }
        let json =
            typed("application/json; charset=UTF-8", br#"{"userId":["a","b"],"n":1,"f":true,"o":{"x":1},"z":null}"#);
        let json = json.unwrap();
        assert_eq!(json.ids("userId", 2).unwrap(), ["a", "b"]);
        assert_eq!((json.number("n").unwrap(), json.flag("f").unwrap()), (Some(1), true));
        assert_eq!((json.one("o").unwrap(), json.optional("z").unwrap()), (r#"{"x":1}"#, None));
    }

    #[test]
    fn what_is_empty_counts_as_left_out() {
        let form = form("toUserId=&isIncludeSender=&limit=&busChannel=");
        assert!(!form.has("toUserId") && !form.flag("isIncludeSender").unwrap());
        assert_eq!((form.number("limit").unwrap(), form.filled("busChannel").unwrap()), (None, None));
    }

    #[test]
    fn a_body_of_another_type_or_charset_is_refused_and_says_why() {
        let message =
            |content_type, body: &str| typed(content_type, body.as_bytes()).err().map(|fault| fault.to_string());
        for good in ["Application/X-WWW-Form-Urlencoded", "application/x-www-form-urlencoded;charset=\"utf-8\"; a=b"] {
            assert_eq!(message(good, "userId=é"), None, "{good}");
        }
        let gbk = "application/x-www-form-urlencoded; charset=GBK";
        assert_eq!(message(gbk, "userId=a"), None);
        assert_eq!(message(gbk, "userId=é"), Some("userId is declared as GBK: send it in UTF-8".to_owned()));
        assert_eq!(message(gbk, "userId=%C4%E3"), Some("the value of userId is not UTF-8".to_owned()));
        for bad in ["multipart/form-data; boundary=x", "application/x-www-form-urlencodedx", "text/plain"] {
            let bad_type = bad.split(';').next().unwrap();
            assert!(message(bad, "userId=a").is_some_and(|message| message.contains(bad_type)), "{bad}");
        }
        assert!(message("application/json", "[1]").is_some_and(|message| message.contains("JSON object")));
    }
}
