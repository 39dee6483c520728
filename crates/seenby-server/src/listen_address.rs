//! The address that a server listens on, as operators write it.
//!
//! Only an address with a port is taken. A bare port does not say whether others may connect, and a host name may have
//! several addresses, so the error says what to write instead.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use serde::de::{Deserialize, Deserializer, Error};

/// For `#[serde(deserialize_with)]`.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    // A variable of the environment that has digits only arrives as a number.
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Written {
        Text(String),
        Number(i64),
    }
    let text = match Written::deserialize(deserializer)? {
        Written::Text(text) => text,
        Written::Number(number) => number.to_string(),
    };
    parse(&text).map_err(Error::custom)
}

fn parse(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("`{text}` {}", what_is_wrong(text)))
}

fn what_is_wrong(text: &str) -> String {
    if let Ok(port) = text.strip_prefix(':').unwrap_or(text).parse::<u16>() {
        return format!(
            "is a port alone: write 127.0.0.1:{port} for this machine, or 0.0.0.0:{port} for every network"
        );
    }
    if let Ok(address) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
        return format!("has no port: write {}", SocketAddr::new(address, 7780));
    }
    match text.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?))) {
        Some((host, port)) if host.parse::<Ipv6Addr>().is_ok() => {
            format!("is not clear: write [{host}]:{port}")
        }
        Some((host, port)) if !host.is_empty() => {
            format!("names the host {host}: write an address of it, such as 127.0.0.1:{port}")
        }
        _ => "is no address with a port: write one such as 127.0.0.1:7780".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_with_a_port_is_taken() {
        for text in ["127.0.0.1:7780", "0.0.0.0:0", "[::]:7780", "[::1]:1"] {
            assert_eq!(parse(text), Ok(text.parse().unwrap()));
        }
    }

    #[test]
    fn what_to_write_instead_is_said() {
        for (text, wanted) in [
            ("7780", "write 127.0.0.1:7780 for this machine, or 0.0.0.0:7780 for every network"),
            (":7780", "write 127.0.0.1:7780 for this machine, or 0.0.0.0:7780 for every network"),
            ("10.0.0.1", "has no port: write 10.0.0.1:7780"),
            ("[::1]", "has no port: write [::1]:7780"),
            ("fe80::1:7780", "has no port: write [fe80::1:7780]:7780"),
            ("2001:db8:0:0:0:0:0:1:7780", "write [2001:db8:0:0:0:0:0:1]:7780"),
            ("localhost:7780", "names the host localhost: write an address of it, such as 127.0.0.1:7780"),
            ("http://127.0.0.1", "write one such as 127.0.0.1:7780"),
            ("127.0.0.1:77800", "write one such as 127.0.0.1:7780"),
            ("", "write one such as 127.0.0.1:7780"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(wanted), "{error}");
        }
    }
}
