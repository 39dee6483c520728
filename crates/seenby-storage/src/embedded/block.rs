//! A block on disk: a few bytes an answer.
//!
//! A format byte, then for each answer two varints: its slot and its time, each as the difference from the answer before
//! (the first one's from 0), zigzag-coded. Slots are small and the answers of a commit are milliseconds apart, so a storm
//! in a group of 100,000 costs at most 4 bytes an answer. Differences of times have a sign because clocks are set back.
//! How many answers there are is not written: the bytes end with the last.

use seenby_core::{Answer, Slot, Timestamp};

use super::records::Damage;

const FORMAT: u8 = 1;

pub fn encode(answers: &[Answer]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(8 + 4 * answers.len());
    bytes.push(FORMAT);
    let mut last = ZERO;
    for answer in answers {
        put_varint(&mut bytes, zigzag(i64::from(answer.slot.0) - i64::from(last.slot.0)));
        put_varint(&mut bytes, zigzag(answer.at.0.wrapping_sub(last.at.0) as i64));
        last = *answer;
    }
    bytes
}

/// Takes memory in proportion to `bytes`, whatever they say: an answer has at least two of them.
pub fn decode(bytes: &[u8]) -> Result<Vec<Answer>, Damage> {
    let Some((&FORMAT, mut rest)) = bytes.split_first() else {
        return Err(Damage::new("unknown block format"));
    };
    let mut answers = Vec::with_capacity(rest.len() / 2);
    let mut last = ZERO;
    while !rest.is_empty() {
        let slot = i64::from(last.slot.0).checked_add(unzigzag(take_varint(&mut rest)?));
        let slot = slot.and_then(|slot| u32::try_from(slot).ok()).ok_or(Damage::new("no such slot"))?;
        let at = last.at.0.wrapping_add_signed(unzigzag(take_varint(&mut rest)?));
        last = Answer { slot: Slot(slot), at: Timestamp(at) };
        answers.push(last);
    }
    Ok(answers)
}

const ZERO: Answer = Answer { slot: Slot(0), at: Timestamp(0) };

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

fn put_varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn take_varint(bytes: &mut &[u8]) -> Result<u64, Damage> {
    let mut value = 0u64;
    for shift in (0..u64::BITS).step_by(7) {
        let (&byte, rest) = bytes.split_first().ok_or(Damage::new("the block ends early"))?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(Damage::new("a varint that does not end"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn answer(slot: u32, at: u64) -> Answer {
        Answer { slot: Slot(slot), at: Timestamp(at) }
    }

    /// Format 1. If this changes, blocks on users' disks can no longer be read: add a format instead.
    #[test]
    fn the_bytes_of_format_1_stay_as_they_are() {
        let answers = [answer(5, 1_732_000_000_000), answer(3, 1_732_000_000_001), answer(99_999, 1_732_000_000_000)];
        let bytes = [1, 10, 0x80, 0xa0, 0xf5, 0xb3, 0xe8, 0x64, 3, 2, 0xb8, 0x9a, 12, 1];
        assert_eq!(encode(&answers), bytes);
        assert_eq!(decode(&bytes).unwrap(), answers);
    }

    #[test]
    fn a_storm_in_the_largest_group_costs_at_most_4_bytes_an_answer() {
        // A stride that has no factor in common with 100,000 visits every slot, far from the one before.
        let answers: Vec<Answer> =
            (0..100_000u64).map(|n| answer((n * 61_803 % 100_000) as u32, 1_732_000_000_000 + n / 50)).collect();
        let bytes = encode(&answers);
        let head = 8;
        assert!(bytes.len() <= head + 4 * answers.len(), "{}", bytes.len());
        assert_eq!(decode(&bytes).unwrap(), answers);
    }

    #[test]
    fn damaged_blocks_are_refused() {
        for bytes in [&[][..], &[0], &[2, 0, 0], &[1, 0], &[1, 0x80], &[1, 1, 0], &[1, 0xff, 0xff, 0xff, 0xff, 0x7f, 0]]
        {
            assert!(decode(bytes).is_err(), "{bytes:?}");
        }
        let endless = [&[1][..], &[0x80; 20]].concat();
        assert!(decode(&endless).is_err());
    }

    proptest! {
        #[test]
        fn answers_survive_the_disk(answers: Vec<(u32, u64)>) {
            let answers: Vec<Answer> = answers.into_iter().map(|(slot, at)| answer(slot, at)).collect();
            prop_assert_eq!(decode(&encode(&answers)).ok(), Some(answers));
        }

        #[test]
        fn no_bytes_crash_the_decoder(bytes: Vec<u8>) {
            let _ = decode(&[&[FORMAT][..], &bytes].concat());
            let _ = decode(&bytes);
        }
    }
}
