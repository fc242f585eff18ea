use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::address::EmailAddress;

fn state(usage: Use, key_id: u8, phase: KeyPhase) -> KeyState {
    KeyState { workspace: WorkspaceNo(1), usage, key_id, phase }
}

fn normalised(text: &str) -> NormalisedAddress {
    EmailAddress::parse(text).unwrap().normalised()
}

#[test]
fn nothing_secret_is_printed() {
    let master = MasterKey::from_bytes([7; 32]);
    let ring = KeyRing::fresh(&master);
    let key = ring.hmac(Use::Seal, INSTANCE, 1);
    assert_eq!(format!("{master:?} {ring:?} {key:?}"), "MasterKey(…) KeyRing(…) SubKey(…)");
}

#[test]
fn a_recovery_line_is_read_as_people_copy_it() {
    let master = MasterKey::from_bytes(*b"0123456789abcdef0123456789abcdeO");
    let line = master.recovery_line();
    assert_eq!(line.len(), 69);
    assert!(line.split('-').all(|g| g.len() == 4) && line.split('-').count() == 14);
    let sloppy = format!("  {}\n", line.to_lowercase().replace('-', "  ").replace('0', "o").replace('1', "l"));
    for text in [line.as_str(), &sloppy] {
        let read: MasterKey = text.parse().unwrap();
        assert_eq!(read.0, master.0);
    }
}

#[test]
fn a_wrong_recovery_line_says_where() {
    let line = MasterKey::from_bytes([3; 32]).recovery_line();
    let wrong = |text: &str| text.parse::<MasterKey>().unwrap_err();
    assert_eq!(wrong(""), MasterKeyError::Length { found: 0 });
    assert_eq!(wrong(&line[..64]), MasterKeyError::Length { found: 52 });
    assert_eq!(wrong(&line.repeat(1000)), MasterKeyError::Length { found: 56_000 });
    let mut typo = line.to_string();
    typo.replace_range(10..11, "u");
    assert_eq!(wrong(&typo), MasterKeyError::Character { group: 3 });
    typo.replace_range(10..11, "é");
    assert_eq!(wrong(&typo), MasterKeyError::Character { group: 3 });
}

#[test]
fn derivations_are_pinned() {
    let ring = KeyRing::fresh(&MasterKey::from_bytes([1; 32]));
    let key = address_key(&ring, WorkspaceNo(1), 1, Channel::Email, &normalised("greta@example.org"));
    insta::assert_debug_snapshot!((check_value(&MasterKey::from_bytes([1; 32])), key));
}

#[test]
fn every_use_workspace_and_id_has_its_own_key() {
    let ring = KeyRing::fresh(&MasterKey::from_bytes([1; 32]));
    let mut seen = HashSet::new();
    for usage in Use::ALL {
        assert_eq!(Use::read(usage.word()), Some(usage));
        for workspace in [0, 1, 2, 256, -1] {
            for id in [0, 1, 2, 255] {
                assert!(seen.insert(*ring.hmac(usage, WorkspaceNo(workspace), id).bytes()));
            }
        }
    }
    let other = KeyRing::fresh(&MasterKey::from_bytes([2; 32]));
    assert!(!seen.contains(other.hmac(Use::Leave, WorkspaceNo(1), 1).bytes()));
    assert_ne!(check_value(&MasterKey::from_bytes([1; 32])), check_value(&MasterKey::from_bytes([2; 32])));
}

#[test]
fn rotation_keeps_old_keys_and_retirement_ends_them_except_for_leaving() {
    use KeyPhase::{Mints, Retired, Verifies};
    let master = MasterKey::from_bytes([1; 32]);
    for (usage, for_ever) in [(Use::Confirm, false), (Use::Leave, true)] {
        let states = [state(usage, 1, Retired), state(usage, 2, Verifies), state(usage, 3, Mints)];
        let ring = KeyRing::new(&master, &states).unwrap();
        assert_eq!(ring.minting_id(usage, WorkspaceNo(1)), 3);
        assert_eq!(ring.minting_id(usage, WorkspaceNo(2)), FIRST_KEY);
        assert_eq!(ring.active_ids(usage, WorkspaceNo(1)), if for_ever { vec![3, 2, 1] } else { vec![3, 2] });
        assert_eq!(ring.verifying(usage, WorkspaceNo(1), 1).is_some(), for_ever);
        assert!(ring.verifying(usage, WorkspaceNo(1), 4).is_none());
    }
    let none = KeyRing::new(&master, &[state(Use::Confirm, 1, Verifies)]).unwrap_err();
    assert!(none.to_string().ends_with("run `volens keys rotate confirm`"), "{none}");
    let twice = [state(Use::Confirm, 1, Verifies), state(Use::Confirm, 1, Mints)];
    assert!(matches!(KeyRing::new(&master, &twice), Err(KeyRingError::Twice { key_id: 1, .. })));
}

#[test]
fn address_keys_tell_apart_what_must_be_apart() {
    let ring = KeyRing::fresh(&MasterKey::from_bytes([1; 32]));
    let key = |ws, id, channel, a: &str| address_key(&ring, WorkspaceNo(ws), id, channel, &normalised(a));
    let greta = key(1, 1, Channel::Email, "greta@example.org");
    assert_eq!(greta, key(1, 1, Channel::Email, " GRETA@Example.ORG "));
    assert_ne!(greta, key(2, 1, Channel::Email, "greta@example.org"));
    assert_ne!(greta, key(1, 2, Channel::Email, "greta@example.org"));
    assert_ne!(greta, key(1, 1, Channel::AdAudience, "greta@example.org"));
    assert_ne!(greta, key(1, 1, Channel::Email, "greta+x@example.org"));
}

proptest! {
    #[test]
    fn recovery_lines_read_back(bytes: [u8; 32]) {
        let read: MasterKey = MasterKey::from_bytes(bytes).recovery_line().parse().unwrap();
        prop_assert_eq!(**read.0, bytes);
    }

    #[test]
    fn one_wrong_character_is_noticed(bytes: [u8; 32], at in 0_usize..56, to in 0_usize..32) {
        let line = MasterKey::from_bytes(bytes).recovery_line();
        let mut text: Vec<u8> = line.bytes().filter(|c| *c != b'-').collect();
        prop_assume!(text[at] != base32::CROCKFORD[to]);
        text[at] = base32::CROCKFORD[to];
        // 24 bits of checksum: a miss is one in 16 million.
        prop_assert!(String::from_utf8(text).unwrap().parse::<MasterKey>().is_err());
    }

    #[test]
    fn any_line_is_read_or_refused(line in ".{0,100}") {
        let _ = line.parse::<MasterKey>();
    }
}
