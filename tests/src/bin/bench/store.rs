//! Owns the store alone: commits that are shared, and reads that do not mind the size.

use std::{path::Path, sync::Arc, time::Instant};

use grantkeep_core::{Owner, Provider};
use grantkeep_store::Store;
use rusqlite::params;
use tempfile::TempDir;

use crate::{clock::median, report::Report, seed};

const WRITES: usize = 6400;

/// `large`: a directory of [`seed::filled`].
pub(crate) fn run(report: &mut Report, large: &Path) {
    // As the server has it.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    report.part("Writes into the store: credentials a second, medians of 5 alternated rounds");
    let (mut one_each, mut alone, mut shared) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..5 {
        one_each.push(one_commit_each(round));
        alone.push(runtime.block_on(writers(1, WRITES / 8)));
        shared.push(runtime.block_on(writers(64, WRITES)));
    }
    let (one_each, alone, shared) = (median(one_each), median(alone), median(shared));
    report.figure("one commit for each write, nothing else", &format!("{one_each:.0}/s"));
    report.figure("the store, one writer", &format!("{alone:.0}/s, {:.2} of that", alone / one_each));
    report.figure("the store, 64 writers at once", &format!("{shared:.0}/s"));
    report.at_least("64 writers / one commit for each write", shared / one_each, 10.0, 10.0);

    report.part("Point reads from SQLite (memory switched off), mean of 20,000 random ones, medians of 5 rounds");
    let small = seed::filled(1000);
    let (mut small_times, mut large_times) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        small_times.push(runtime.block_on(reads(small.path(), 1000)));
        large_times.push(runtime.block_on(reads(large, seed::MANY)));
    }
    let (small, large) = (median(small_times), median(large_times));
    report.figure("1,000 rows", &format!("{:.2} us", small / 1e3));
    report.figure("1,000,000 rows", &format!("{:.2} us", large / 1e3));
    report.at_most("1,000,000 rows / 1,000 rows", large / small, 2.0);
}

async fn writers(count: usize, writes: usize) -> f64 {
    let directory = TempDir::new().unwrap();
    let store = seed::open(directory.path());
    let sealer = seed::sealer(directory.path(), &*store).await;
    let owner = seed::owner(0);
    // Sealed before: what is measured is the store.
    let mut piles: Vec<Vec<_>> = (0..count).map(|_| Vec::new()).collect();
    for number in 0..writes {
        piles[number % count].push(seed::credential(&sealer, owner.clone(), number));
    }
    let start = Instant::now();
    let tasks = piles.into_iter().map(|pile| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for credential in pile {
                store.insert(credential).await.unwrap();
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    writes as f64 / start.elapsed().as_secs_f64()
}

/// The same rows into the same tables with the same settings, each with a commit of its own.
fn one_commit_each(round: usize) -> f64 {
    let directory = TempDir::new().unwrap();
    drop(seed::open(directory.path()));
    let connection = seed::raw(directory.path());
    let sql = format!("INSERT INTO credential ({}) VALUES ({})", seed::COLUMNS, seed::VALUES);
    let writes = WRITES / 8;
    let start = Instant::now();
    for number in 0..writes {
        let uid = u128::try_from(number + round).unwrap().to_be_bytes();
        let mut statement = connection.prepare_cached(&sql).unwrap();
        statement.execute(params![uid, format!("vk_{number}"), vec![7_u8; 251], number as i64, "owner-0"]).unwrap();
    }
    writes as f64 / start.elapsed().as_secs_f64()
}

async fn reads(directory: &Path, rows: usize) -> f64 {
    let store = seed::open(directory);
    let owners: Vec<Owner> = (0..1000).map(seed::owner).collect();
    let count = 20_000_usize;
    let names: Vec<_> = (0..count)
        .map(|number| {
            let row = number.wrapping_mul(2_654_435_761) % rows;
            (row, grantkeep_core::Account::new(&format!("vk_{row}")).unwrap())
        })
        .collect();
    let start = Instant::now();
    for (row, account) in &names {
        let found = store.find(&owners[row % 1000], Provider::Vk, Some(account)).await.unwrap();
        assert!(found.is_some());
    }
    start.elapsed().as_nanos() as f64 / count as f64
}
