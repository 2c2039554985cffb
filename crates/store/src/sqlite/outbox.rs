//! Owns the statements of the outbox and of one-tap links.

use grantkeep_core::{Digest, Owner, Timestamp, Uid, notice::Tidings};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{NewNotice, Queued, RenewalTicket, StoreFault};

pub(super) fn add(connection: &Connection, notices: &[NewNotice]) -> Result<(), StoreFault> {
    let sql = "INSERT INTO outbox (message, channel, owner, credential_id, tidings, at, expires_at, next_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?6)";
    let mut statement = connection.prepare_cached(sql)?;
    for notice in notices {
        statement.execute(params![
            notice.message,
            notice.channel,
            notice.owner.as_str(),
            notice.credential,
            notice.tidings.as_str(),
            notice.at.unix(),
            notice.expires_at.map(Timestamp::unix),
        ])?;
    }
    Ok(())
}

/// What may be sent over a channel now: of one credential only the oldest, so that nothing overtakes.
pub(super) fn due(
    connection: &Connection,
    channel: &str,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Queued>, StoreFault> {
    let sql = "SELECT id, message, channel, owner, credential_id, tidings, at, expires_at, tries FROM outbox AS it \
         WHERE channel = ?1 AND next_at <= ?2 AND NOT EXISTS (SELECT 1 FROM outbox AS older WHERE older.channel = ?1 \
         AND older.credential_id = it.credential_id AND older.id < it.id) ORDER BY next_at, id LIMIT ?3";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![channel, now.unix(), limit], |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

/// Forgets what is for other channels.
pub(super) fn keep(connection: &Connection, channels: &[String]) -> Result<(), StoreFault> {
    let mut statement = connection.prepare("SELECT DISTINCT channel FROM outbox")?;
    let there: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for gone in there.iter().filter(|channel| !channels.contains(channel)) {
        connection.execute("DELETE FROM outbox WHERE channel = ?1", [gone])?;
    }
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Queued, StoreFault> {
    let id = row.get(0)?;
    let damaged = |column| StoreFault::Corrupt { table: "outbox", id, column };
    let owner: String = row.get(3)?;
    let tidings: String = row.get(5)?;
    let notice = NewNotice {
        message: row.get(1)?,
        channel: row.get(2)?,
        owner: Owner::new(&owner).map_err(|_| damaged("owner"))?,
        credential: row.get(4)?,
        tidings: Tidings::from_name(&tidings).ok_or_else(|| damaged("tidings"))?,
        at: Timestamp::from_unix(row.get(6)?),
        expires_at: row.get::<_, Option<i64>>(7)?.map(Timestamp::from_unix),
    };
    Ok(Queued { id, notice, tries: row.get(8)? })
}

pub(super) fn next(connection: &Connection) -> Result<Option<Timestamp>, StoreFault> {
    let sql = "SELECT next_at FROM outbox ORDER BY next_at LIMIT 1";
    let at: Option<i64> = connection.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?;
    Ok(at.map(Timestamp::from_unix))
}

pub(super) fn waiting(connection: &Connection) -> Result<u64, StoreFault> {
    let count: i64 = connection.prepare_cached("SELECT count(*) FROM outbox")?.query_row([], |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Makes them one message.
pub(super) fn group(connection: &Connection, ids: &[i64], message: &str) -> Result<(), StoreFault> {
    let mut statement = connection.prepare_cached("UPDATE outbox SET message = ?2 WHERE id = ?1")?;
    for id in ids {
        statement.execute(params![id, message])?;
    }
    Ok(())
}

pub(super) fn begin_try(
    connection: &Connection,
    ids: &[i64],
    tries: u32,
    again_at: Timestamp,
) -> Result<(), StoreFault> {
    let mut statement = connection.prepare_cached("UPDATE outbox SET tries = ?2, next_at = ?3 WHERE id = ?1")?;
    for id in ids {
        statement.execute(params![id, tries, again_at.unix()])?;
    }
    Ok(())
}

pub(super) fn remove(connection: &Connection, ids: &[i64]) -> Result<(), StoreFault> {
    let mut statement = connection.prepare_cached("DELETE FROM outbox WHERE id = ?1")?;
    for id in ids {
        statement.execute([id])?;
    }
    Ok(())
}

/// Remembers links, and forgets those that are over.
pub(super) fn add_tickets(
    connection: &Connection,
    tickets: &[RenewalTicket],
    now: Timestamp,
) -> Result<(), StoreFault> {
    connection.prepare_cached("DELETE FROM renewal_ticket WHERE expires_at <= ?1")?.execute([now.unix()])?;
    let sql = "INSERT INTO renewal_ticket (ticket, owner, credential_id, uid, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)";
    let mut statement = connection.prepare_cached(sql)?;
    for ticket in tickets {
        statement.execute(params![
            ticket.ticket.0,
            ticket.owner.as_str(),
            ticket.credential,
            ticket.uid.0,
            ticket.expires_at.unix(),
        ])?;
    }
    Ok(())
}

pub(super) fn ticket(connection: &Connection, digest: Digest) -> Result<Option<RenewalTicket>, StoreFault> {
    let sql = "SELECT owner, credential_id, uid, expires_at FROM renewal_ticket WHERE ticket = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_row([digest.0], |row| {
        let Ok(owner) = Owner::new(&row.get::<_, String>(0)?) else { return Ok(None) };
        Ok(Some(RenewalTicket {
            ticket: digest,
            owner,
            credential: row.get(1)?,
            uid: Uid(row.get(2)?),
            expires_at: Timestamp::from_unix(row.get(3)?),
        }))
    });
    Ok(found.optional()?.flatten())
}

/// Forgets a link that has been used.
pub(super) fn spend(connection: &Connection, ticket: &RenewalTicket) -> Result<(), StoreFault> {
    connection.prepare_cached("DELETE FROM renewal_ticket WHERE ticket = ?1")?.execute([ticket.ticket.0])?;
    Ok(())
}
