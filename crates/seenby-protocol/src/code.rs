//! Status codes. The table is `codes.toml`; see there for the Chinese meanings.

use std::fmt;

/// A status code of the table, or a number from a newer peer that this version does not know.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(pub u32);

macro_rules! codes {
    ($($name:ident = $number:literal, $meaning:literal, $action:literal;)*) => {
        impl Code {
            $(
                #[doc = $meaning]
                #[doc = ""]
                #[doc = concat!("What to do: ", $action)]
                pub const $name: Code = Code($number);
            )*

            /// The name in the table, such as `NOT_IN_GROUP`.
            pub fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some(stringify!($name)),)*
                    _ => None,
                }
            }

            /// One English sentence.
            pub fn meaning(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some($meaning),)*
                    _ => None,
                }
            }
        }
    };
}

include!("codes.rs");

impl Code {
    pub fn is_success(self) -> bool {
        self == Self::SUCCESS
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, self.name().unwrap_or("UNKNOWN"))
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_says_its_number_and_name() {
        assert_eq!(Code::NOT_IN_GROUP.to_string(), "22406 NOT_IN_GROUP");
        assert_eq!(Code(12).to_string(), "12 UNKNOWN");
        assert_eq!(Code(12).meaning(), None);
    }
}
