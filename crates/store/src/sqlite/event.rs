//! Owns the statements of the audit, which is only ever added to.

use grantkeep_core::{
    Account, Owner, Provider, Timestamp,
    event::{Action, Damaged, Event, Recorded},
};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{Chain, StoreFault};

/// Adds events in their order, each bound to the one before it.
pub(super) fn append(connection: &Connection, events: &[Event], chain: Chain) -> Result<(), StoreFault> {
    let sql = "SELECT number, hash FROM event ORDER BY number DESC LIMIT 1";
    let last = connection.prepare_cached(sql)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let (mut number, mut hash): (i64, [u8; 32]) = last.unwrap_or((0, [0; 32]));
    let sql = "INSERT INTO event (number, at, action, owner, provider, account, credential_id, actor, outcome, times, hash) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    let mut statement = connection.prepare_cached(sql)?;
    for event in events {
        number += 1;
        hash = chain(&hash, number, event);
        statement.execute(params![
            number,
            event.at.unix(),
            event.action.as_str(),
            event.owner.as_str(),
            event.provider.as_ref().map(Provider::as_str),
            event.account.as_ref().map(Account::as_str),
            event.credential,
            event.actor,
            event.outcome,
            event.times,
            hash,
        ])?;
    }
    Ok(())
}

pub(super) fn last_at(connection: &Connection) -> Result<Option<Timestamp>, StoreFault> {
    let sql = "SELECT at FROM event ORDER BY number DESC LIMIT 1";
    let at: Option<i64> = connection.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?;
    Ok(at.map(Timestamp::from_unix))
}

/// Of one owner or of all, in order of their numbers. A damaged one hides no other.
pub(super) fn list(
    connection: &Connection,
    owner: Option<&Owner>,
    after: i64,
    limit: usize,
) -> Result<Vec<Result<Recorded, Damaged>>, StoreFault> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let columns = "number, at, action, owner, provider, account, credential_id, actor, outcome, times, hash";
    let sql = match owner {
        Some(_) => format!("SELECT {columns} FROM event WHERE owner = ?3 AND number > ?1 ORDER BY number LIMIT ?2"),
        None => format!("SELECT {columns} FROM event WHERE number > ?1 AND ?3 IS NULL ORDER BY number LIMIT ?2"),
    };
    let mut statement = connection.prepare_cached(&sql)?;
    let parameters = params![after, limit, owner.map(Owner::as_str)];
    let rows = statement.query_map(parameters, |row| Ok(read(row.get("number")?, row)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read(number: i64, row: &Row<'_>) -> Result<Recorded, Damaged> {
    let damaged = |part| Damaged { number, part };
    let name = |column: &'static str| row.get::<_, Option<String>>(column).map_err(|_| damaged(column));
    let provider = name("provider")?.map(|name| Provider::from_name(&name).ok_or(damaged("provider"))).transpose()?;
    let account = name("account")?.map(|name| Account::new(&name).map_err(|_| damaged("account"))).transpose()?;
    let event = Event {
        at: Timestamp::from_unix(row.get("at").map_err(|_| damaged("at"))?),
        action: name("action")?.as_deref().and_then(Action::from_name).ok_or(damaged("action"))?,
        owner: name("owner")?.and_then(|name| Owner::new(&name).ok()).ok_or(damaged("owner"))?,
        provider,
        account,
        credential: row.get("credential_id").map_err(|_| damaged("credential_id"))?,
        actor: name("actor")?.ok_or(damaged("actor"))?.into(),
        outcome: name("outcome")?.ok_or(damaged("outcome"))?.into(),
        times: row.get("times").map_err(|_| damaged("times"))?,
    };
    Ok(Recorded { number, event, hash: row.get("hash").map_err(|_| damaged("hash"))? })
}
