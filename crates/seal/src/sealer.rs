//! Owns sealing and opening with data keys.
//!
//! A sealed value is `version (1) | data key id (4, big endian) | nonce (12) | ciphertext | tag (16)`. The nonce is drawn by the
//! cryptographic library for every call; GCM-SIV stays safe even if a restored machine snapshot repeats one.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use grantkeep_core::{Sealed, Secret};
use zeroize::{Zeroize, Zeroizing};

use crate::place::join;
use crate::{MasterKey, Place, SealFault};

const VERSION: u8 = 1;
const HEADER: usize = 1 + 4 + NONCE_LEN;

/// A data key as it stands in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedKey {
    /// Its number; named by every value sealed with it.
    pub id: u32,
    /// Nonce and ciphertext under the master key.
    pub blob: Vec<u8>,
}

impl WrappedKey {
    /// Makes a new random data key and wraps it.
    pub fn generate(master: &MasterKey, id: u32) -> Result<Self, SealFault> {
        let mut key = Zeroizing::new([0_u8; 32]);
        aws_lc_rs::rand::fill(key.as_mut()).map_err(|_| SealFault::Library)?;
        let mut blob = Vec::with_capacity(NONCE_LEN + 32 + 16);
        blob.extend_from_slice(&[0; NONCE_LEN]);
        blob.extend_from_slice(key.as_ref());
        encrypt(&cipher(master.bytes())?, &wrapping_data(id), &mut blob, 0)?;
        Ok(Self { id, blob })
    }

    fn unwrap_with(&self, master: &MasterKey) -> Result<RandomizedNonceKey, SealFault> {
        let mut blob = self.blob.clone();
        let key = decrypt(&cipher(master.bytes())?, &wrapping_data(self.id), &mut blob);
        let opened = key.ok_or(SealFault::WrongMasterKey).and_then(cipher);
        blob.zeroize();
        opened
    }
}

fn wrapping_data(id: u32) -> Vec<u8> {
    join(&[b"grantkeep data key 1", &id.to_be_bytes()])
}

/// Seals and opens secrets. Holds the data keys in plain, in memory only.
pub struct Sealer {
    /// In order of their ids; the last one seals.
    keys: Vec<(u32, RandomizedNonceKey)>,
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer({} data keys)", self.keys.len())
    }
}

impl Sealer {
    /// Opens the data keys of a database. Fails when there is none, or when any of them does not open.
    pub fn unlock(master: &MasterKey, wrapped: &[WrappedKey]) -> Result<Self, SealFault> {
        let mut keys =
            wrapped.iter().map(|key| Ok((key.id, key.unwrap_with(master)?))).collect::<Result<Vec<_>, SealFault>>()?;
        keys.sort_by_key(|(id, _)| *id);
        if keys.is_empty() { Err(SealFault::UnknownDataKey) } else { Ok(Self { keys }) }
    }

    /// Seals `secret` for `place`.
    pub fn seal(&self, place: &Place<'_>, secret: &Secret) -> Result<Sealed, SealFault> {
        let (id, key) = self.keys.last().ok_or(SealFault::UnknownDataKey)?;
        let mut blob = Vec::with_capacity(HEADER + secret.len() + 16);
        blob.push(VERSION);
        blob.extend_from_slice(&id.to_be_bytes());
        blob.extend_from_slice(&[0; NONCE_LEN]);
        blob.extend_from_slice(secret.expose().as_bytes());
        encrypt(key, &place.associated_data(*id), &mut blob, 1 + 4)?;
        Ok(Sealed(blob.into()))
    }

    /// Opens what was sealed for `place`.
    pub fn open(&self, place: &Place<'_>, sealed: &Sealed) -> Result<Secret, SealFault> {
        let (id, rest) = match sealed.0.split_first_chunk::<5>() {
            Some(([VERSION, id @ ..], rest)) => (u32::from_be_bytes(*id), rest),
            _ => return Err(SealFault::Tampered),
        };
        let (_, key) = self.keys.iter().find(|(known, _)| *known == id).ok_or(SealFault::UnknownDataKey)?;
        let mut buffer = Zeroizing::new(rest.to_vec());
        let text = decrypt(key, &place.associated_data(id), &mut buffer).ok_or(SealFault::Tampered)?;
        std::str::from_utf8(text).map(Secret::from).map_err(|_| SealFault::Tampered)
    }
}

fn cipher(key: &[u8]) -> Result<RandomizedNonceKey, SealFault> {
    RandomizedNonceKey::new(&AES_256_GCM_SIV, key).map_err(|_| SealFault::Library)
}

/// Encrypts what follows the nonce at `nonce_at`, fills the nonce in, appends the tag. Wipes the text on failure.
fn encrypt(key: &RandomizedNonceKey, aad: &[u8], blob: &mut Vec<u8>, nonce_at: usize) -> Result<(), SealFault> {
    let text_at = nonce_at + NONCE_LEN;
    let sealed = key.seal_in_place_separate_tag(Aad::from(aad), &mut blob[text_at..]);
    let Ok((nonce, tag)) = sealed else {
        blob.zeroize();
        return Err(SealFault::Library);
    };
    blob[nonce_at..text_at].copy_from_slice(nonce.as_ref());
    blob.extend_from_slice(tag.as_ref());
    Ok(())
}

/// Decrypts `nonce | ciphertext | tag` in place; none when anything was altered.
fn decrypt<'b>(key: &RandomizedNonceKey, aad: &[u8], blob: &'b mut [u8]) -> Option<&'b [u8]> {
    let (nonce, text) = blob.split_first_chunk_mut::<NONCE_LEN>()?;
    let opened = key.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(aad), text).ok()?;
    Some(opened)
}

#[cfg(test)]
mod tests;
