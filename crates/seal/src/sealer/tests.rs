//! What sealing promises: round trips, and nothing opens anywhere else.

use grantkeep_core::{Owner, Uid};
use proptest::prelude::*;

use super::*;

fn master(byte: u8) -> MasterKey {
    let text = Secret::from(base64::Engine::encode(&base64::engine::general_purpose::STANDARD, [byte; 32]));
    MasterKey::from_base64(&text).unwrap()
}

fn sealer() -> Sealer {
    let master = master(1);
    Sealer::unlock(&master, &[WrappedKey::generate(&master, 1).unwrap()]).unwrap()
}

#[test]
fn a_sealed_secret_opens_only_in_its_place() {
    let sealer = sealer();
    let (anna, boris) = (Owner::new("anna").unwrap(), Owner::new("boris").unwrap());
    let home = Place { table: "credential", column: "access_token", owner: &anna, uid: Uid([1; 16]), generation: 1 };
    let sealed = sealer.seal(&home, &Secret::from("vk1.a.token")).unwrap();
    assert_eq!(sealer.open(&home, &sealed).unwrap().expose(), "vk1.a.token");
    for (what, elsewhere) in [
        ("another table", Place { table: "setting", ..home }),
        ("another column", Place { column: "refresh_token", ..home }),
        ("another owner", Place { owner: &boris, ..home }),
        ("another row", Place { uid: Uid([2; 16]), ..home }),
        ("an older token of the row", Place { generation: 2, ..home }),
        ("a shifted boundary", Place { table: "credentialaccess", column: "_token", ..home }),
    ] {
        assert_eq!(sealer.open(&elsewhere, &sealed).unwrap_err(), SealFault::Tampered, "{what}");
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    let sealer = sealer();
    let owner = Owner::new("me").unwrap();
    let place = Place { table: "credential", column: "access_token", owner: &owner, uid: Uid([7; 16]), generation: 3 };
    let sealed = sealer.seal(&place, &Secret::from("vk1.a.token")).unwrap();
    for bit in 0..sealed.0.len() * 8 {
        let mut altered = sealed.clone();
        altered.0[bit / 8] ^= 1 << (bit % 8);
        assert!(sealer.open(&place, &altered).is_err(), "bit {bit}");
    }
    for length in 0..sealed.0.len() {
        assert!(sealer.open(&place, &Sealed(sealed.0[..length].into())).is_err(), "cut to {length}");
    }
}

#[test]
fn another_master_key_does_not_unlock() {
    let wrapped = [WrappedKey::generate(&master(1), 1).unwrap()];
    assert_eq!(Sealer::unlock(&master(2), &wrapped).unwrap_err(), SealFault::WrongMasterKey);
    let renumbered = [WrappedKey { id: 2, ..wrapped[0].clone() }];
    assert_eq!(Sealer::unlock(&master(1), &renumbered).unwrap_err(), SealFault::WrongMasterKey);
    assert_eq!(Sealer::unlock(&master(1), &[]).unwrap_err(), SealFault::UnknownDataKey);
}

#[test]
fn the_newest_data_key_seals_and_all_open() {
    let master = master(1);
    let mut wrapped = vec![WrappedKey::generate(&master, 1).unwrap()];
    let owner = Owner::new("me").unwrap();
    let place = Place { table: "t", column: "c", owner: &owner, uid: Uid([0; 16]), generation: 1 };
    let old = Sealer::unlock(&master, &wrapped).unwrap().seal(&place, &Secret::from("old")).unwrap();
    wrapped.insert(0, WrappedKey::generate(&master, 2).unwrap());
    let sealer = Sealer::unlock(&master, &wrapped).unwrap();
    let new = sealer.seal(&place, &Secret::from("new")).unwrap();
    assert_eq!(sealer.open(&place, &old).unwrap().expose(), "old");
    assert_eq!(new.0[1..5], [0, 0, 0, 2]);
}

#[test]
fn a_master_key_is_32_bytes_in_base64() {
    for text in ["", "x", "AAAA", "not base64!", &"A".repeat(42), &format!("{}==", "A".repeat(46)), &"A".repeat(4096)] {
        assert_eq!(MasterKey::from_base64(&Secret::from(text)).unwrap_err(), SealFault::MalformedMasterKey, "{text}");
    }
    let key = MasterKey::generate().unwrap();
    let again = MasterKey::from_base64(&Secret::from(format!(" {}\n", key.to_base64().expose()))).unwrap();
    assert_eq!(key.bytes(), again.bytes());
}

proptest! {
    #[test]
    fn seal_and_open_round_trip(text in any::<String>(), uid in any::<[u8; 16]>(), generation in 1_i64..) {
        let sealer = sealer();
        let owner = Owner::new("me").unwrap();
        let place = Place { table: "credential", column: "access_token", owner: &owner, uid: Uid(uid), generation };
        let sealed = sealer.seal(&place, &Secret::from(&*text)).unwrap();
        let opened = sealer.open(&place, &sealed).unwrap();
        prop_assert_eq!(opened.expose(), text);
    }
}
