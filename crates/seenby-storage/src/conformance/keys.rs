//! API keys.

use std::sync::Arc;

use seenby_core::{Change, KeyId, KeyRecord, Scope, Timestamp};

use super::app;
use crate::Storage;

pub fn a_key_is_read_back_and_replaced<S: Storage>(store: &Arc<S>) {
    let first = saved(store, "b", &[Scope::Receipts, Scope::Users]);
    assert_eq!(store.snapshot().key(&first.id).unwrap(), Some(first));
    let second = saved(store, "b", &[]);
    assert_eq!(store.snapshot().key(&second.id).unwrap(), Some(second.clone()));
    assert_eq!(store.snapshot().keys().unwrap(), [second]);
}

pub fn keys_come_in_order_and_go_when_dropped<S: Storage>(store: &Arc<S>) {
    let [b, a, ab] = ["b", "a", "ab"].map(|id| saved(store, id, &Scope::ALL));
    assert_eq!(store.snapshot().keys().unwrap(), [a.clone(), ab.clone(), b.clone()]);
    store.commit(&[Change::KeyDropped(a.id.clone()), Change::KeyDropped(id("never"))]).unwrap();
    assert_eq!(store.snapshot().keys().unwrap(), [ab, b]);
    assert_eq!(store.snapshot().key(&a.id).unwrap(), None);
}

fn saved<S: Storage>(store: &Arc<S>, of: &str, scopes: &[Scope]) -> KeyRecord {
    let key = KeyRecord {
        id: id(of),
        app: app("clinic"),
        label: "招聘 back end".to_owned(),
        scopes: scopes.to_vec(),
        secret_hash: [7; 32],
        created_at: Timestamp(8),
    };
    store.commit(&[Change::KeySaved(key.clone())]).unwrap();
    key
}

fn id(text: &str) -> KeyId {
    KeyId::new(text).unwrap()
}
