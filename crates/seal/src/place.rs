//! Owns what a sealed value is bound to.

use grantkeep_core::{Owner, Uid};

/// The place of one secret. All of it is authenticated with the secret, none of it is stored in the blob.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Table of the row.
    pub table: &'a str,
    /// Column in it.
    pub column: &'a str,
    /// Whose row it is.
    pub owner: &'a Owner,
    /// The row, by what never changes and exists before the row does.
    pub uid: Uid,
    /// Which token of that row, counted from 1: an older blob put back does not open.
    pub generation: i64,
}

/// Names this layout; another one gets another name, so blobs of different layouts never open as each other.
const FORMAT: &[u8] = b"grantkeep sealed 1";

impl Place<'_> {
    /// The associated data: every part with its length before it, so no two places give the same bytes.
    pub(crate) fn associated_data(&self, key_id: u32) -> Vec<u8> {
        let key_id = key_id.to_be_bytes();
        let generation = self.generation.to_be_bytes();
        join(&[
            FORMAT,
            &key_id,
            self.table.as_bytes(),
            self.column.as_bytes(),
            self.owner.as_str().as_bytes(),
            &self.uid.0,
            &generation,
        ])
    }
}

pub(crate) fn join(parts: &[&[u8]]) -> Vec<u8> {
    let mut joined = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        joined.extend_from_slice(&(part.len() as u64).to_be_bytes());
        joined.extend_from_slice(part);
    }
    joined
}
