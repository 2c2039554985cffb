//! Owns what becomes of rows when the clock turns out to have been ahead. Reads every row: clocks are seldom set back.

use grantkeep_core::{Lifetime, Timestamp};
use rusqlite::{Connection, params};

use crate::{LEASED_FOR, StoreFault};

/// Longer than any wait for another try.
const SOON: Lifetime = Lifetime::from_hours(2);

/// Longer than from one question about a token to the next.
const LATER: Lifetime = Lifetime::from_hours(27);

/// The revision of what is changed grows, so that whoever has read the older row reads it again.
pub(super) fn all(connection: &Connection, now: Timestamp) -> Result<(), StoreFault> {
    let (soon, later, leased_until) = (now.after(SOON), now.after(LATER), now.after(LEASED_FOR));
    for (table, column, latest, change) in [
        // Its end was computed from a wrong now. A new token has a right one; where there is no other, the provider knows whether
        // it lives.
        ("credential", "captured_at", now, "renew_at = min(renew_at, ?1), check_at = ?1, notice_at = 0"),
        (
            "credential",
            "clear_at",
            now,
            "clear_at = ?1, clear_since = min(clear_since, ?1), notice_at = 0, check_at = ?1",
        ),
        (
            "credential",
            "unclear_at",
            now,
            "unclear_at = ?1, unclear_since = min(unclear_since, ?1), notice_at = 0, check_at = ?1",
        ),
        ("credential", "trouble_since", now, "trouble_since = ?1, notice_at = 0"),
        // Whoever has one may be at it: it lasts as long as it ever does, and no longer.
        ("credential", "leased_until", leased_until, "leased_until = ?2"),
        ("spool", "leased_until", leased_until, "leased_until = ?2"),
        ("credential", "check_at", later, "check_at = ?1"),
        ("credential", "told_at", now, "told_at = NULL, notice_at = 0"),
        ("outbox", "next_at", later, "next_at = ?1"),
        // Links and logins that would live for years.
        ("renewal_ticket", "expires_at", later, "expires_at = ?1"),
        ("authorization", "expires_at", later, "expires_at = ?1"),
    ] {
        let revision = if table == "credential" { ", revision = revision + 1" } else { "" };
        let sql = format!("UPDATE {table} SET {change}{revision} WHERE {column} > ?2");
        connection.execute(&sql, params![now.unix(), latest.unix()])?;
    }
    // A try that failed put it off, beyond the end perhaps.
    let sql = "UPDATE credential SET renew_at = ?1, revision = revision + 1 WHERE renew_at > ?2 AND renew_failures > 0";
    connection.execute(sql, params![now.unix(), soon.unix()])?;
    Ok(())
}
