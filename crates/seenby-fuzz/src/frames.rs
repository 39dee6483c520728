//! The codec, for frames of both directions.

use std::fmt::Debug;

use seenby_protocol::frames::{ClientFrame, ServerFrame};
use seenby_protocol::{CLIENT_FRAME_BYTES_MAX, codec};

/// What can be read can be written, and then read again as the same; what is too large is refused unread.
pub fn frames(bytes: &[u8]) {
    round_trip::<ClientFrame>(bytes);
    round_trip::<ServerFrame>(bytes);
    let too_large = vec![0; CLIENT_FRAME_BYTES_MAX + 1];
    assert!(codec::decode::<ClientFrame>(&too_large, CLIENT_FRAME_BYTES_MAX).is_err());
}

fn round_trip<F: prost::Message + Default + PartialEq + Debug>(bytes: &[u8]) {
    if let Ok(frame) = codec::decode::<F>(bytes, CLIENT_FRAME_BYTES_MAX) {
        let again = codec::decode::<F>(&codec::encode(&frame), usize::MAX);
        assert_eq!(again.expect("what was written can be read"), frame);
    }
}
