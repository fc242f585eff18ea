//! Base32 for what travels through mail software and through hands: five bits a character, no padding.

/// RFC 4648 in lower case: what addresses carry.
pub(crate) const RFC4648: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// Crockford's: no letter that is mistaken for a figure. What people copy by hand.
pub(crate) const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// `bytes` in `alphabet`; the last character is filled up with zero bits.
pub(crate) fn encode(bytes: &[u8], alphabet: &[u8; 32]) -> String {
    let mut out = String::with_capacity((bytes.len() * 8).div_ceil(5));
    let (mut bits, mut held) = (0_u16, 0);
    for byte in bytes {
        bits = (bits << 8) | u16::from(*byte);
        held += 8;
        while held >= 5 {
            held -= 5;
            out.push(alphabet[usize::from(bits >> held & 31)] as char);
        }
        bits &= (1 << held) - 1;
    }
    if held > 0 {
        out.push(alphabet[usize::from(bits << (5 - held) & 31)] as char);
    }
    out
}

/// The bytes of exactly the text that [`encode`] writes, whatever its case; `None` for anything else: one value has
/// one text, so that no character of a token can be changed unnoticed.
pub(crate) fn decode(text: &[u8], alphabet: &[u8; 32]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() * 5 / 8);
    let (mut bits, mut held) = (0_u16, 0);
    for c in text {
        let digit = alphabet.iter().position(|a| a.eq_ignore_ascii_case(c))?;
        bits = (bits << 5) | u16::try_from(digit).ok()?;
        held += 5;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from(bits >> held & 255).ok()?);
        }
        bits &= (1 << held) - 1;
    }
    (held < 5 && bits == 0).then_some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_vectors_of_rfc_4648() {
        for (bytes, text) in [("", ""), ("f", "my"), ("fo", "mzxq"), ("foo", "mzxw6"), ("foobar", "mzxw6ytboi")] {
            assert_eq!(encode(bytes.as_bytes(), RFC4648), text);
            assert_eq!(decode(text.to_uppercase().as_bytes(), RFC4648).as_deref(), Some(bytes.as_bytes()));
        }
    }

    #[test]
    fn only_one_text_a_value() {
        for text in ["mz", "m", "mzxq=", "mzxw 6", "mzx1", "mzxw6a"] {
            assert_eq!(decode(text.as_bytes(), RFC4648), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn reads_back(bytes in prop::collection::vec(any::<u8>(), 0..50)) {
            for alphabet in [RFC4648, CROCKFORD] {
                let back = decode(encode(&bytes, alphabet).as_bytes(), alphabet);
                prop_assert_eq!(back.as_ref(), Some(&bytes));
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(text in prop::collection::vec(any::<u8>(), 0..60)) {
            if let Some(bytes) = decode(&text, RFC4648) {
                prop_assert!(encode(&bytes, RFC4648).as_bytes().eq_ignore_ascii_case(&text));
            }
        }
    }
}
