//! Owns VK's answer to an exchange for community tokens: `{"groups":[{"group_id":1,"access_token":"…"}],"expires_in":0}`
//! (dev.vk.com, "Authorization code flow for communities"), which has no token at its top.

use grantkeep_core::{Answer, Secret};

use crate::answer::{Encoding, Fault, Strange, open};
use crate::json::{Known, Node};
use crate::token::{self, Stated};

/// The tokens of one or more communities.
#[derive(Debug)]
pub struct CommunityAnswer {
    /// One of each, at least one.
    pub tokens: Vec<CommunityToken>,
    /// `expires_in`, of all of them.
    pub lifetime: Stated,
}

/// The token of a community.
#[derive(Debug)]
pub struct CommunityToken {
    /// Positive.
    pub group_id: u64,
    /// Visible ASCII, never empty.
    pub access_token: Secret,
}

/// The members that are read.
const KNOWN: Known = &["access_token", "error", "expires_in", "group_id", "groups"];

/// Reads an answer. Refuses all of it if one entry is not understood, or one community stands in it twice.
pub fn read(answer: &Answer) -> Result<CommunityAnswer, Fault> {
    let mut object = open(answer, KNOWN, Encoding::Json)?;
    let lifetime = Stated::read(object.get("expires_in"));
    let Some(Node::List(entries)) = object.take("groups") else { return Err(Strange::Missing("groups").into()) };
    let mut tokens: Vec<CommunityToken> = Vec::with_capacity(entries.len());
    for entry in entries {
        let token = read_entry(entry)?;
        if tokens.iter().any(|earlier| earlier.group_id == token.group_id) {
            return Err(Strange::Duplicate.into());
        }
        tokens.push(token);
    }
    if tokens.is_empty() {
        return Err(Strange::Missing("groups").into());
    }
    Ok(CommunityAnswer { tokens, lifetime })
}

fn read_entry(entry: Node) -> Result<CommunityToken, Strange> {
    let Node::Map(mut entry) = entry else { return Err(Strange::Missing("groups")) };
    let group_id = entry.identifier("group_id").and_then(|id| id.parse().ok()).filter(|id| *id > 0);
    Ok(CommunityToken {
        group_id: group_id.ok_or(Strange::Missing("group_id"))?,
        access_token: token::access_token(&mut entry)?,
    })
}

#[cfg(test)]
mod tests;
