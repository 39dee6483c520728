//! The name of a store and its history, drawn at random when the store is made.

/// 32 hexadecimal digits: enough that two stores never have the same name.
pub(crate) fn new_store_id() -> String {
    format!("{:032x}", rand::random::<u128>())
}
