//! Frames as bytes.

use prost::Message;

/// Why bytes are not a frame.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    #[error("the frame has {found} bytes, more than {max}")]
    TooLarge { found: usize, max: usize },
    #[error("the frame cannot be read")]
    Malformed(#[from] prost::DecodeError),
}

/// Reads a frame of at most `bytes_max` bytes. Fields that this version does not know are passed over.
pub fn decode<F: Message + Default>(bytes: &[u8], bytes_max: usize) -> Result<F, FrameError> {
    if bytes.len() > bytes_max {
        return Err(FrameError::TooLarge { found: bytes.len(), max: bytes_max });
    }
    Ok(F::decode(bytes)?)
}

pub fn encode<F: Message>(frame: &F) -> Vec<u8> {
    frame.encode_to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frames::{ClientFrame, Ping, ServerFrame, client_frame::Call};
    use proptest::prelude::*;

    fn ping() -> ClientFrame {
        ClientFrame { call_id: 7, call: Some(Call::Ping(Ping {})) }
    }

    #[test]
    fn a_frame_survives_its_bytes() {
        assert_eq!(decode::<ClientFrame>(&encode(&ping()), 100).unwrap(), ping());
    }

    #[test]
    fn fields_and_calls_of_a_newer_version_are_passed_over() {
        let mut bytes = encode(&ping());
        // Field 900, length-delimited, two bytes: a call that this version does not know.
        bytes.extend([0xa2, 0x38, 2, 1, 2]);
        assert_eq!(decode::<ClientFrame>(&bytes, 100).unwrap(), ping());
    }

    #[test]
    fn a_truncated_frame_is_malformed_and_a_long_one_is_too_large() {
        let frame = ClientFrame {
            call_id: 1,
            call: Some(Call::SignIn(crate::frames::SignIn { app_key: "app".into(), ..Default::default() })),
        };
        let bytes = encode(&frame);
        assert!(matches!(decode::<ClientFrame>(&bytes[..bytes.len() - 1], 100), Err(FrameError::Malformed(_))));
        assert!(matches!(decode::<ClientFrame>(&bytes, 3), Err(FrameError::TooLarge { max: 3, .. })));
    }

    proptest! {
        #[test]
        fn no_bytes_crash_the_decoder(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = decode::<ClientFrame>(&bytes, 300);
            let _ = decode::<ServerFrame>(&bytes, 300);
        }
    }
}
