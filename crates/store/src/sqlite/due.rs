//! Owns the statements about what is due: one index has the first moment of every row, and in it what each row is due for.

use grantkeep_core::{Credential, Timestamp};
use rusqlite::{Connection, params};

use super::{damage::Damage, query};
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
    damage: &Damage,
) -> Result<Vec<Credential>, StoreFault> {
    let end = since!(what, "WHERE due_at <= ?1 AND ", " <= ?1 ORDER BY due_at");
    query::readable(connection, end, params![now.unix()], limit, damage)
}

/// Of rows that are due for anything their own moment is known from the index; after those comes the first row of all. A row that
/// is known to be damaged is due for nothing: nobody could do it.
pub(super) fn next(
    connection: &Connection,
    what: Due,
    now: Timestamp,
    damage: &Damage,
) -> Result<Option<Timestamp>, StoreFault> {
    let sql = since!(
        what,
        "SELECT min(at) FROM (SELECT min(",
        ") AS at FROM credential WHERE due_at <= ?1 AND id NOT IN (SELECT value FROM json_each(?2)) \
         UNION ALL SELECT min(due_at) FROM credential WHERE due_at > ?1)"
    );
    let at: Option<i64> =
        connection.prepare_cached(sql)?.query_row(params![now.unix(), damage.ids()], |row| row.get(0))?;
    Ok(at.map(Timestamp::from_unix))
}
