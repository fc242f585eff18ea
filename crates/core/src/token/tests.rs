use proptest::prelude::*;

use super::time::TimeTokenError;
use super::*;
use crate::base32;
use crate::id::{DeliveryKey, FormId, StreamNo};
use crate::keys::{INSTANCE, KeyPhase, KeyState, MasterKey};
use crate::locale::Locale;

/// 2026-11-24T10:00:00.5Z
const NOW: Micros = Micros(1_795_514_400_500_000);
const WS: WorkspaceNo = WorkspaceNo(7);

fn ring() -> KeyRing {
    KeyRing::fresh(&MasterKey::from_bytes([1; 32]))
}

fn event() -> EventId {
    EventId::from_bytes([0xe1; 16])
}

fn point() -> PointId {
    PointId::from_bytes([0xa1; 16])
}

fn render() -> FormRender {
    FormRender { workspace: WS, form: FormId::from_bytes([0xf1; 16]), version: 3, locale: Locale::It }
}

fn delivery() -> DeliveryKey {
    DeliveryKey { stream: StreamNo(12), ordinal: 3456 }
}

/// One token of each web power.
fn web(ring: &KeyRing) -> [(Power, String); 4] {
    [
        (Power::Confirm, ConfirmToken::new(WS, event(), point(), NOW).mint(ring)),
        (Power::NotMe, NotMeToken::new(WS, event(), point(), NOW).mint(ring)),
        (Power::Leave, LeaveToken::new(WS, point(), PurposeNo(2)).mint(ring)),
        (Power::Choices, ChoicesToken::new(WS, point(), NOW).mint(ring)),
    ]
}

/// One token of each address form.
fn addresses(ring: &KeyRing) -> [String; 2] {
    let leave = LeaveToken::new(WS, point(), PurposeNo(2)).mint_address(ring);
    [BounceToken::new(delivery(), NOW).mint(ring), leave.unwrap()]
}

fn kind<T: fmt::Debug>(result: &Result<T, TokenError<T>>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(TokenError::Garbled) => "garbled",
        Err(TokenError::Forged) => "forged",
        Err(TokenError::WrongPower { .. }) => "wrong power",
        Err(TokenError::Expired { .. }) => "expired",
    }
}

/// What each reader there is says of a text.
fn all_readers(text: &str, ring: &KeyRing, now: Micros) -> [&'static str; 8] {
    [
        kind(&ConfirmToken::verify(text, ring, now)),
        kind(&NotMeToken::verify(text, ring, now)),
        kind(&LeaveToken::verify(text, ring, now)),
        kind(&ChoicesToken::verify(text, ring, now)),
        kind(&BounceToken::verify(text, ring, now)),
        kind(&LeaveToken::verify_address(text, ring)),
        kind(&AddressToken::verify(text, ring, now)),
        match TimeToken::verify(text, ring, &render()) {
            Ok(_) => "ok",
            Err(TimeTokenError::Garbled) => "garbled",
            Err(TimeTokenError::Forged) => "forged",
        },
    ]
}

fn refused_by_all(text: &str, ring: &KeyRing) -> bool {
    all_readers(text, ring, NOW).iter().all(|r| ["garbled", "forged"].contains(r))
}

#[test]
fn what_is_minted_verifies_and_says_the_same() {
    let ring = ring();
    let confirm = ConfirmToken::new(WS, event(), point(), NOW);
    assert_eq!(ConfirmToken::verify(&confirm.mint(&ring), &ring, NOW), Ok(confirm));
    assert_eq!(confirm.expires, NOW.after(CONFIRM_FOR).floor_to_second());
    let not_me = NotMeToken::new(WS, event(), point(), NOW);
    assert_eq!(NotMeToken::verify(&not_me.mint(&ring), &ring, NOW), Ok(not_me));
    let leave = LeaveToken::new(WS, point(), PurposeNo(u32::MAX));
    assert_eq!(LeaveToken::verify(&leave.mint(&ring), &ring, NOW), Ok(leave));
    let choices = ChoicesToken::new(WS, point(), NOW);
    assert_eq!(ChoicesToken::verify(&choices.mint(&ring), &ring, NOW), Ok(choices));
    let bounce = BounceToken::new(delivery(), NOW);
    assert_eq!(BounceToken::verify(&bounce.mint(&ring), &ring, NOW), Ok(bounce));
    let address = leave.mint_address(&ring).unwrap();
    assert_eq!(LeaveToken::verify_address(&address, &ring), Ok(leave));
    assert_eq!(AddressToken::verify(&address, &ring, NOW), Ok(AddressToken::Leave(leave)));
    assert_eq!(AddressToken::verify(&bounce.mint(&ring), &ring, NOW), Ok(AddressToken::Bounce(bounce)));
}

/// Links in mails that are out there must go on working: these texts never change.
#[test]
fn the_texts_are_pinned() {
    insta::assert_debug_snapshot!((web(&ring()), addresses(&ring())));
}

#[test]
fn shapes_fit_where_they_travel() {
    for (_, text) in web(&ring()) {
        assert!(text.len() <= 84 && text.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_".contains(&c)), "{text}");
    }
    let [bounce, leave] = addresses(&ring());
    assert_eq!((bounce.len(), leave.len()), (address::BOUNCE_LEN, address::LEAVE_LEN));
    for text in [bounce, leave] {
        let back = format!("{text}@bounce.example.org");
        assert!(crate::address::EmailAddress::parse(&back).is_ok(), "{back}");
        assert!(text.bytes().all(|c| c.is_ascii_lowercase() || (b'2'..=b'7').contains(&c)));
    }
    assert_eq!(LeaveToken::new(WorkspaceNo(1 << 32), point(), PurposeNo(1)).mint_address(&ring()), None);
    assert_eq!(LeaveToken::new(WorkspaceNo(-1), point(), PurposeNo(1)).mint_address(&ring()), None);
}

#[test]
fn mail_software_may_change_the_case() {
    let ring = ring();
    for text in addresses(&ring) {
        let mixed: String =
            text.char_indices().map(|(i, c)| if i % 3 == 0 { c.to_ascii_uppercase() } else { c }).collect();
        for t in [text.to_uppercase(), mixed] {
            assert_eq!(AddressToken::verify(&t, &ring, NOW), AddressToken::verify(&text, &ring, NOW));
            assert!(AddressToken::verify(&t, &ring, NOW).is_ok());
        }
    }
}

#[test]
fn an_expired_token_still_says_what_it_was() {
    let ring = ring();
    let t = ConfirmToken::new(WS, event(), point(), NOW);
    let text = t.mint(&ring);
    assert_eq!(ConfirmToken::verify(&text, &ring, Micros(t.expires.0 - 1)), Ok(t));
    let late = ConfirmToken::verify(&text, &ring, t.expires);
    assert_eq!(late, Err(TokenError::Expired { payload: t, since: t.expires }));
    // It is expired for its own power only.
    assert_eq!(NotMeToken::verify(&text, &ring, t.expires), Err(TokenError::WrongPower { power: Power::Confirm }));
    for (life, power) in [(CONFIRM_FOR, 0), (NOT_ME_FOR, 1), (CHOICES_FOR, 3)] {
        let text = &web(&ring)[power].1;
        assert_eq!(all_readers(text, &ring, NOW.after(life).before(Duration::from_secs(1)))[power], "ok");
        assert_eq!(all_readers(text, &ring, NOW.after(life))[power], "expired");
    }
    let centuries = NOW.after(Duration::from_secs(300 * 365 * DAY));
    assert_eq!(all_readers(&web(&ring)[2].1, &ring, centuries)[2], "ok");
    assert_eq!(all_readers(&addresses(&ring)[1], &ring, centuries)[5], "ok");
}

#[test]
fn a_return_path_is_listened_to_for_90_days() {
    let ring = ring();
    let t = BounceToken::new(delivery(), NOW);
    let text = t.mint(&ring);
    assert_eq!(BounceToken::verify(&text, &ring, NOW.after(address::BOUNCE_FOR)), Ok(t));
    // 2026-11-24 and 90 days are 2027-02-22; the day after begins at 1803340800.
    let since = Micros(1_803_340_800_000_000);
    assert_eq!(BounceToken::verify(&text, &ring, Micros(since.0 - 1)), Ok(t));
    assert_eq!(BounceToken::verify(&text, &ring, since), Err(TokenError::Expired { payload: t, since }));
    let late = AddressToken::verify(&text, &ring, since);
    assert_eq!(late, Err(TokenError::Expired { payload: AddressToken::Bounce(t), since }));
}

#[test]
fn one_token_one_power() {
    let ring = ring();
    for (i, (power, text)) in web(&ring).iter().enumerate() {
        let said = all_readers(text, &ring, NOW);
        for (j, answer) in said[..4].iter().enumerate() {
            assert_eq!(*answer, if i == j { "ok" } else { "wrong power" }, "{power:?} read as {j}");
        }
        assert!(said[4..].iter().all(|a| *a == "garbled"), "{power:?}: {said:?}");
        assert_eq!(power.web_len().unwrap() + HEAD + MAC, text.len() * 6 / 8);
    }
    let [bounce, leave] = addresses(&ring);
    assert_eq!(all_readers(&bounce, &ring, NOW)[4..], ["ok", "garbled", "ok", "garbled"]);
    assert_eq!(all_readers(&leave, &ring, NOW)[4..], ["garbled", "ok", "ok", "garbled"]);
    for text in [bounce, leave] {
        assert!(all_readers(&text, &ring, NOW)[..4].iter().all(|a| *a == "garbled"));
    }
}

/// A power byte or workspace that is changed and MACed with a key that the forger does have proves nothing.
#[test]
fn the_key_of_one_power_or_workspace_signs_for_no_other() {
    let ring = ring();
    let forge = |body: &[u8], usage: Use, workspace: WorkspaceNo| {
        let mac: [u8; MAC] = ring.hmac(usage, workspace, 1).tag(CONTEXT, &[body]);
        URL_SAFE_NO_PAD.encode([body, &mac].concat())
    };
    for (power, text) in web(&ring) {
        let bytes = URL_SAFE_NO_PAD.decode(&text).unwrap();
        let body = &bytes[..bytes.len() - MAC];
        assert_eq!(forge(body, power.usage(), WS), text);
        for usage in Use::ALL.into_iter().filter(|u| *u != power.usage()) {
            assert!(refused_by_all(&forge(body, usage, WS), &ring), "{power:?} under the key of {usage:?}");
        }
        for other in [WorkspaceNo(8), INSTANCE] {
            assert!(refused_by_all(&forge(body, power.usage(), other), &ring), "{power:?} under the key of {other:?}");
        }
        // And a right MAC over another context: an address token's.
        let mac: [u8; MAC] = ring.hmac(power.usage(), WS, 1).tag("volens leave address", &[body]);
        assert!(refused_by_all(&URL_SAFE_NO_PAD.encode([body, &mac].concat()), &ring));
    }
}

#[test]
fn another_master_key_verifies_nothing() {
    let other = KeyRing::fresh(&MasterKey::from_bytes([2; 32]));
    for text in web(&ring()).map(|(_, t)| t).iter().chain(&addresses(&ring())) {
        assert!(refused_by_all(text, &other) && !refused_by_all(text, &ring()), "{text}");
    }
}

#[test]
fn old_keys_verify_and_new_ones_mint() {
    use KeyPhase::{Mints, Retired, Verifies};
    let master = MasterKey::from_bytes([1; 32]);
    let rotated = |first| {
        let of = |usage, workspace| {
            [(1, first), (2, Mints)].map(|(key_id, phase)| KeyState { workspace, usage, key_id, phase })
        };
        let states: Vec<KeyState> =
            Use::ALL.into_iter().flat_map(|u| of(u, if u == Use::Bounce { INSTANCE } else { WS })).collect();
        KeyRing::new(&master, &states).unwrap()
    };
    let old = ring();
    let (old_web, old_addresses) = (web(&old).map(|(_, t)| t), addresses(&old));
    let ring = rotated(Verifies);
    for (i, text) in old_web.iter().enumerate() {
        assert_eq!(all_readers(text, &ring, NOW)[i], "ok");
        let new = &web(&ring)[i].1;
        assert_eq!(all_readers(new, &ring, NOW)[i], "ok");
        assert_eq!(all_readers(new, &old, NOW)[i], "forged", "a ring that has not heard of the rotation");
    }
    for (i, text) in old_addresses.iter().enumerate() {
        assert!(AddressToken::verify(text, &ring, NOW).is_ok());
        assert_ne!(*text, addresses(&ring)[i]);
    }
    let ring = rotated(Retired);
    for (i, text) in old_web.iter().enumerate() {
        assert_eq!(all_readers(text, &ring, NOW)[i], if i == 2 { "ok" } else { "forged" }, "leave links work for ever");
    }
    assert_eq!(kind(&BounceToken::verify(&old_addresses[0], &ring, NOW)), "forged");
    assert_eq!(kind(&LeaveToken::verify_address(&old_addresses[1], &ring)), "ok");
}

#[test]
fn a_form_tells_its_age() {
    let ring = ring();
    let token = TimeToken { issued: NOW };
    let text = token.mint(&ring, &render());
    assert_eq!(text.len(), 35);
    let back = TimeToken::verify(&text, &ring, &render()).unwrap();
    assert_eq!(back.age(NOW.after(Duration::from_millis(1500))), Duration::from_millis(1500));
    assert_eq!(back.age(NOW.before(Duration::from_secs(2))), Duration::ZERO);
    for other in [
        FormRender { workspace: WorkspaceNo(8), ..render() },
        FormRender { form: FormId::from_bytes([0xf2; 16]), ..render() },
        FormRender { version: 4, ..render() },
        FormRender { locale: Locale::Es, ..render() },
    ] {
        assert_eq!(TimeToken::verify(&text, &ring, &other), Err(TimeTokenError::Forged), "{other:?}");
    }
    assert_eq!(TimeToken::verify("", &ring, &render()), Err(TimeTokenError::Garbled));
}

/// What a token's text stands for, and the way back.
type Spelling = (fn(&str) -> Vec<u8>, fn(&[u8]) -> String);
const WEB: Spelling = (|t| URL_SAFE_NO_PAD.decode(t).unwrap(), |b| URL_SAFE_NO_PAD.encode(b));
const MAIL: Spelling =
    (|t| base32::decode(t.as_bytes(), base32::RFC4648).unwrap(), |b| base32::encode(b, base32::RFC4648));

/// All kinds: 4 web tokens, 2 address tokens, 1 form time.
fn every_token(ring: &KeyRing) -> Vec<(Spelling, String)> {
    let form = TimeToken { issued: NOW }.mint(ring, &render());
    let web = web(ring).into_iter().map(|(_, t)| (WEB, t)).chain([(WEB, form)]);
    web.chain(addresses(ring).into_iter().map(|t| (MAIL, t))).collect()
}

#[test]
fn no_bit_can_be_changed() {
    let ring = ring();
    for ((read, write), text) in every_token(&ring) {
        let bytes = read(&text);
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(refused_by_all(&write(&flipped), &ring), "bit {bit} of {text}");
        }
        for cut in 0..bytes.len() {
            assert!(refused_by_all(&write(&bytes[..cut]), &ring) && refused_by_all(&write(&bytes[cut + 1..]), &ring));
        }
        for cut in 0..text.len() {
            assert!(refused_by_all(&text[..cut], &ring) && refused_by_all(&text[cut + 1..], &ring));
        }
    }
}

proptest! {
    #[test]
    fn every_payload_survives_the_way(ws: i64, event: [u8; 16], point: [u8; 16], purpose: u32, stream: i64, ordinal: i64, now in 0..4_000_000_000_000_000_i64) {
        let (ring, now) = (ring(), Micros(now));
        let (ws, event, point) = (WorkspaceNo(ws), EventId::from_bytes(event), PointId::from_bytes(point));
        let t = ConfirmToken::new(ws, event, point, now);
        prop_assert_eq!(ConfirmToken::verify(&t.mint(&ring), &ring, now), Ok(t));
        let t = NotMeToken::new(ws, event, point, now);
        prop_assert_eq!(NotMeToken::verify(&t.mint(&ring), &ring, now), Ok(t));
        let t = ChoicesToken::new(ws, point, now);
        prop_assert_eq!(ChoicesToken::verify(&t.mint(&ring), &ring, now), Ok(t));
        let t = LeaveToken::new(ws, point, PurposeNo(purpose));
        prop_assert_eq!(LeaveToken::verify(&t.mint(&ring), &ring, now), Ok(t));
        if let Some(text) = t.mint_address(&ring) {
            prop_assert_eq!(LeaveToken::verify_address(&text, &ring), Ok(t));
        }
        let t = BounceToken::new(DeliveryKey { stream: StreamNo(stream), ordinal }, now);
        prop_assert_eq!(BounceToken::verify(&t.mint(&ring), &ring, now), Ok(t));
    }

    #[test]
    fn any_changed_character_or_addition_is_refused(which in 0_usize..7, at: prop::sample::Index, to in any::<char>(), more in ".{1,8}") {
        let ring = ring();
        let (_, text) = every_token(&ring).swap_remove(which);
        let mut chars: Vec<char> = text.chars().collect();
        let at = at.index(chars.len());
        // Only address tokens are read in any case.
        prop_assume!(!chars[at].eq_ignore_ascii_case(&to));
        chars[at] = to;
        prop_assert!(refused_by_all(&chars.iter().collect::<String>(), &ring));
        for longer in [format!("{text}{more}"), format!("{more}{text}")] {
            prop_assert!(refused_by_all(&longer, &ring));
        }
    }

    #[test]
    fn web_tokens_are_read_in_their_own_case_only(which in 0_usize..5) {
        let ring = ring();
        let (_, text) = every_token(&ring).swap_remove(which);
        prop_assert!(refused_by_all(&text.to_uppercase(), &ring) && refused_by_all(&text.to_lowercase(), &ring));
    }

    #[test]
    fn any_text_is_refused(text in ".{0,120}", like in "[A-Za-z0-9_-]{35}|[A-Za-z0-9_-]{63}|[A-Za-z0-9_-]{84}|[a-z2-7]{52}|[a-z2-7]{61}") {
        prop_assert!(refused_by_all(&text, &ring()));
        prop_assert!(refused_by_all(&like, &ring()));
    }

    #[test]
    fn and_any_bytes_in_the_right_shape(mut bytes in prop::collection::vec(any::<u8>(), 20..70), power in 0_u8..7) {
        bytes[..3].copy_from_slice(&[VERSION, 1, power]);
        prop_assert!(refused_by_all(&URL_SAFE_NO_PAD.encode(&bytes), &ring()));
        prop_assert!(refused_by_all(&base32::encode(&bytes, base32::RFC4648), &ring()));
    }
}
