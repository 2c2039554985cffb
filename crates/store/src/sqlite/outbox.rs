//! Owns the statements of the outbox and of one-tap links.

use grantkeep_core::{Digest, Owner, Timestamp, Uid, notice::Tidings};
use rusqlite::{Connection, OptionalExtension, Row, params, types::ValueRef};

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

/// What may be sent over a channel now: of one credential only the oldest, so that nothing overtakes. Of damaged ones the number.
pub(super) fn due(
    connection: &Connection,
    channel: &str,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Result<Queued, i64>>, StoreFault> {
    let sql = "SELECT id, message, channel, owner, credential_id, tidings, at, expires_at, tries FROM outbox AS it \
         WHERE channel = ?1 AND next_at <= ?2 AND NOT EXISTS (SELECT 1 FROM outbox AS older WHERE older.channel = ?1 \
         AND older.credential_id = it.credential_id AND older.id < it.id) ORDER BY next_at, id LIMIT ?3";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![channel, now.unix(), limit], |row| {
        let id = row.get(0)?;
        Ok(read(id, row).ok_or(id))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Forgets what is for other channels.
pub(super) fn keep(connection: &Connection, channels: &[String]) -> Result<(), StoreFault> {
    let mut statement = connection.prepare("SELECT id, channel FROM outbox")?;
    let is_kept = |name: ValueRef<'_>| name.as_str().is_ok_and(|name| channels.iter().any(|kept| kept == name));
    let rows = statement.query_map([], |row| Ok((row.get(0)?, is_kept(row.get_ref(1)?))))?;
    let rows: Vec<(i64, bool)> = rows.collect::<Result<_, _>>()?;
    let gone: Vec<i64> = rows.into_iter().filter(|(_, is_kept)| !is_kept).map(|(id, _)| id).collect();
    remove(connection, &gone)
}

/// None: it is damaged.
fn read(id: i64, row: &Row<'_>) -> Option<Queued> {
    let notice = NewNotice {
        message: row.get("message").ok()?,
        channel: row.get("channel").ok()?,
        owner: Owner::new(&row.get::<_, String>("owner").ok()?).ok()?,
        credential: row.get("credential_id").ok()?,
        tidings: Tidings::from_name(&row.get::<_, String>("tidings").ok()?)?,
        at: Timestamp::from_unix(row.get("at").ok()?),
        expires_at: row.get::<_, Option<i64>>("expires_at").ok()?.map(Timestamp::from_unix),
    };
    Some(Queued { id, notice, tries: row.get("tries").ok()? })
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
