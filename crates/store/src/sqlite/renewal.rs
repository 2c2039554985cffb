//! Owns the statements of renewals: who is doing one, and answers that are not in their row yet.

use grantkeep_core::{Credential, CredentialId, Owner, Sealed, Timestamp, Uid};
use rusqlite::{Connection, Row, params};

use super::{
    damage::Damage,
    query::{self, Order},
};
use crate::{NewSpooled, Spooled, StoreFault};

/// Which token a credential had when it was read, and how often it had been leased by then.
#[derive(Clone, Copy)]
pub(super) struct Held {
    id: CredentialId,
    generation: i64,
    fence: i64,
}

impl Held {
    pub(super) const fn of(read: &Credential) -> Self {
        Self { id: read.id, generation: read.grant.generation, fence: read.renewal.fence }
    }
}

/// One statement: whoever gets the row back has it. It writes the sealed tokens once more where they are: a disk that does not
/// take them now would not take the new ones either.
pub(super) fn lease(
    connection: &Connection,
    held: Held,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<Credential>, StoreFault> {
    let Held { id, generation, fence } = held;
    let sql = "UPDATE credential SET leased_until = ?5, fence = fence + 1, revision = revision + 1, \
         access_token = access_token, refresh_token = refresh_token \
         WHERE id = ?1 AND generation = ?2 AND fence = ?3 AND (leased_until IS NULL OR leased_until <= ?4)";
    let parameters = params![id, generation, fence, now.unix(), until.unix()];
    if connection.prepare_cached(sql)?.execute(parameters)? == 0 {
        return Ok(None);
    }
    query::one(connection, "WHERE id = ?1", [id])
}

/// Longer, for whoever still has it. Comes back with the row, because memory must learn of it.
pub(super) fn extend(
    connection: &Connection,
    id: CredentialId,
    fence: i64,
    until: Timestamp,
) -> Result<Option<Credential>, StoreFault> {
    let sql = "UPDATE credential SET leased_until = ?3, revision = revision + 1 \
         WHERE id = ?1 AND fence = ?2 AND leased_until IS NOT NULL";
    if connection.prepare_cached(sql)?.execute(params![id, fence, until.unix()])? == 0 {
        return Ok(None);
    }
    query::one(connection, "WHERE id = ?1", [id])
}

/// Puts the renewed token into its row, if the row still has the token that it was made from, and forgets the answer in the spool.
/// What a check may have learned since the lease, that is, whom the token speaks for, stays.
pub(super) fn store(
    connection: &Connection,
    mut renewed: Credential,
    spooled: Option<i64>,
) -> Result<Credential, StoreFault> {
    let before = query::one(connection, "WHERE id = ?1", [renewed.id])?.ok_or(StoreFault::Stale)?;
    if before.uid != renewed.uid || before.grant.generation + 1 != renewed.grant.generation {
        return Err(StoreFault::Stale);
    }
    renewed.revision = before.revision;
    renewed.account = before.account;
    renewed.subject = before.subject;
    renewed.grant.kind = before.grant.kind;
    if before.evidence.owner_changed().is_some() {
        renewed.evidence.clear = before.evidence.clear;
    }
    renewed.told = before.told;
    renewed.renewal.fence = before.renewal.fence;
    renewed.renewal.leased_until = None;
    let stored = query::update(connection, renewed, Order::Kept)?;
    if let Some(id) = spooled {
        unspool(connection, id)?;
    }
    Ok(stored)
}

pub(super) fn spool(connection: &Connection, new: &NewSpooled) -> Result<i64, StoreFault> {
    let sql = "INSERT INTO spool (credential_id, owner, uid, generation, leased_until, answer, spooled_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    connection.prepare_cached(sql)?.execute(params![
        new.credential,
        new.owner.as_str(),
        new.uid.0,
        new.generation,
        new.leased_until.unix(),
        new.answer.0,
        new.spooled_at.unix(),
    ])?;
    Ok(connection.last_insert_rowid())
}

pub(super) fn spooled(connection: &Connection, damage: &Damage) -> Result<Vec<Spooled>, StoreFault> {
    let sql =
        "SELECT id, credential_id, owner, uid, generation, leased_until, answer, spooled_at FROM spool ORDER BY id";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, read_spooled(row))))?;
    let whole = |row| match row {
        Ok((id, None)) => {
            damage.pass_over(id, &format_args!("row {id} of table spool is damaged"));
            None
        }
        Ok((id, Some(entry))) => Some(Ok(Spooled { id, entry })),
        Err(fault) => Some(Err(StoreFault::from(fault))),
    };
    rows.filter_map(whole).collect()
}

/// None: it is damaged.
fn read_spooled(row: &Row<'_>) -> Option<NewSpooled> {
    Some(NewSpooled {
        credential: row.get("credential_id").ok()?,
        owner: Owner::new(&row.get::<_, String>("owner").ok()?).ok()?,
        uid: Uid(row.get("uid").ok()?),
        generation: row.get("generation").ok()?,
        leased_until: Timestamp::from_unix(row.get("leased_until").ok()?),
        answer: Sealed(row.get::<_, Vec<u8>>("answer").ok()?.into()),
        spooled_at: Timestamp::from_unix(row.get("spooled_at").ok()?),
    })
}

pub(super) fn unspool(connection: &Connection, id: i64) -> Result<(), StoreFault> {
    connection.prepare_cached("DELETE FROM spool WHERE id = ?1")?.execute([id])?;
    Ok(())
}
