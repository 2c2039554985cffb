//! Owns the master key: 32 random bytes that wrap the data keys. Wiped when dropped, never printed.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use grantkeep_core::Secret;
use zeroize::Zeroizing;

use crate::SealFault;

/// 32 bytes that wrap the data keys.
pub struct MasterKey(Zeroizing<[u8; 32]>);

impl MasterKey {
    /// A new random key.
    pub fn generate() -> Result<Self, SealFault> {
        let mut bytes = Zeroizing::new([0; 32]);
        aws_lc_rs::rand::fill(bytes.as_mut()).map_err(|_| SealFault::Library)?;
        Ok(Self(bytes))
    }

    /// From its text: standard base64, white space around it ignored.
    pub fn from_base64(text: &Secret) -> Result<Self, SealFault> {
        let mut bytes = Zeroizing::new([0; 32]);
        // The decoder wants room for a whole last group of three.
        let mut buffer = Zeroizing::new([0; 36]);
        let written =
            STANDARD.decode_slice(text.expose().trim(), buffer.as_mut()).map_err(|_| SealFault::MalformedMasterKey)?;
        let decoded = buffer.get(..written).filter(|decoded| decoded.len() == bytes.len());
        bytes.copy_from_slice(decoded.ok_or(SealFault::MalformedMasterKey)?);
        Ok(Self(bytes))
    }

    /// Its text, for the key file.
    pub fn to_base64(&self) -> Secret {
        Secret::from(STANDARD.encode(self.0.as_ref()))
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}
