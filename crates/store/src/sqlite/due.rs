//! Owns the statements about what is due: one index has the first moment of every row, and in it what each row is due for.

use grantkeep_core::{Credential, Timestamp};
use rusqlite::{Connection, params};

use super::query;
use crate::{Due, StoreFault};

/// The column that says since when.
macro_rules! since {
    ($what:expr, $before:literal, $after:literal) => {
        match $what {
            Due::Check => concat!($before, "check_at", $after),
            Due::Renewal => concat!($before, "renewable_at", $after),
            Due::Notice => concat!($before, "notice_at", $after),
        }
    };
}

pub(super) fn find(
    connection: &Connection,
    what: Due,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Credential>, StoreFault> {
    let end = since!(what, "WHERE due_at <= ?1 AND ", " <= ?1 ORDER BY due_at");
    query::readable(connection, end, params![now.unix()], limit)
}

/// Of rows that are due for anything their own moment is known from the index; after those comes the first row of all.
pub(super) fn next(connection: &Connection, what: Due, now: Timestamp) -> Result<Option<Timestamp>, StoreFault> {
    let sql = since!(
        what,
        "SELECT min(at) FROM (SELECT min(",
        ") AS at FROM credential WHERE due_at <= ?1 \
         UNION ALL SELECT min(due_at) FROM credential WHERE due_at > ?1)"
    );
    let at: Option<i64> = connection.prepare_cached(sql)?.query_row([now.unix()], |row| row.get(0))?;
    Ok(at.map(Timestamp::from_unix))
}
