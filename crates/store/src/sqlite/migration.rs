//! Owns the schema's version: brings an older database up to date, refuses a newer one and one of another program.
//!
//! Migrations run grouped in one transaction and under the file lock of [`super::connection`]: the runner has no lock of its
//! own, and ungrouped it could stop between a migration and its record.

use rusqlite::Connection;

use crate::StoreFault;

mod embedded {
    refinery::embed_migrations!("../../migrations/sqlite");
}

/// `PRAGMA user_version` after the last migration.
pub(super) const SCHEMA: i64 = 7;

/// `PRAGMA application_id` of a database of ours: "Grk3".
const APPLICATION: i64 = 0x4772_6b33;

pub(super) fn bring_up_to_date(connection: &mut Connection) -> Result<(), StoreFault> {
    if is_current(connection)? {
        return Ok(());
    }
    embedded::migrations::runner().set_grouped(true).run(connection).map_err(|error| fault(&error))?;
    tracing::info!(schema = SCHEMA, "database schema brought up to date");
    if is_current(connection)? { Ok(()) } else { Err(StoreFault::Unavailable("the schema is not what it should be")) }
}

/// A full disk is named: bringing a database up to date may need as much room as it has.
fn fault(error: &refinery::Error) -> StoreFault {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        match error.downcast_ref::<rusqlite::Error>().map(StoreFault::from) {
            Some(StoreFault::Full) => return StoreFault::Full,
            _ => cause = error.source(),
        }
    }
    StoreFault::Unavailable("the schema could not be brought up to date")
}

fn is_current(connection: &Connection) -> Result<bool, StoreFault> {
    // One snapshot: another process may be migrating at this moment.
    let snapshot = connection.unchecked_transaction()?;
    // The runner makes its history table before, and apart from, the migrations.
    let foreign = "SELECT count(*) FROM sqlite_schema WHERE tbl_name <> 'refinery_schema_history'";
    let tables: i64 = snapshot.query_row(foreign, [], |row| row.get(0))?;
    let number = |pragma: &str| snapshot.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let (application, version) = (number("application_id")?, number("user_version")?);
    snapshot.commit()?;
    match (application, version) {
        (APPLICATION, SCHEMA) => Ok(true),
        (APPLICATION, older) if older < SCHEMA => Ok(false),
        (APPLICATION, newer) => Err(StoreFault::Newer { found: newer, known: SCHEMA }),
        (0, 0) if tables == 0 => Ok(false),
        _ => Err(StoreFault::NotOurs),
    }
}

/// What an older release made.
#[cfg(test)]
pub(super) fn only_up_to(schema: i32, connection: &mut Connection) {
    let runner = embedded::migrations::runner().set_target(refinery::Target::Version(schema));
    runner.set_grouped(true).run(connection).unwrap();
}
