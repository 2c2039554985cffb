//! A receiver that is away, that refuses, or that never answers, and a server that is killed meanwhile: what there is to tell is told
//! in the end, as the same message at every try. Many at once are one message.

use std::{
    collections::{BTreeMap, BTreeSet},
    thread,
    time::{Duration, Instant},
};

use grantkeep_tests::harness::{
    chance::Chance,
    hook::{Answer, Hook, Told, address},
    port,
    wait::until,
};
use serde_json::Value;

use super::{HOUR, SOON, Telling};

const MANY: u64 = 30;
const KILLS: usize = 24;

/// Long for a thousand, on whatever machine.
const MOST_FOR_MUCH: Duration = Duration::from_secs(180);

impl Telling {
    /// So many more credentials like the only one; their tokens cannot be read. No program may have the database.
    fn copy(&self, count: usize) {
        let database = self.database();
        let mut names =
            database.prepare("SELECT name FROM pragma_table_info('credential') WHERE name <> 'id'").unwrap();
        let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let value = |name: &String| match name.as_str() {
            "account" => "printf('copy-%04d', number)".to_owned(),
            "check_at" => "NULL".to_owned(),
            "stored_order" => "stored_order + number".to_owned(),
            "uid" => "randomblob(16)".to_owned(),
            name => name.to_owned(),
        };
        let values: Vec<_> = names.iter().map(value).collect();
        let sql = format!(
            "WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < ?1) \
             INSERT INTO credential ({}) SELECT {} FROM credential, numbers",
            names.join(", "),
            values.join(", ")
        );
        assert_eq!(database.execute(&sql, [i64::try_from(count).unwrap()]).unwrap(), count);
    }

    /// Kills the server, and starts another that tries everything at once.
    fn crash_and_try_again(&mut self) {
        self.stage.kill();
        self.try_again();
        self.stage.serve_again();
    }

    /// Waits until so many requests have come.
    #[track_caller]
    fn until_told(&self, count: usize) {
        until("the webhook is told", SOON, || (self.told().len() >= count).then_some(()));
    }

    /// Waits until everything in the outbox was tried so often.
    #[track_caller]
    fn until_tried(&self, tries: i64) {
        let sql = "SELECT count(*) > 0 AND min(tries) >= ?1 FROM outbox";
        let database = self.database();
        until("it was tried", SOON, || {
            database.query_row(sql, [tries], |row| row.get(0)).unwrap_or(false).then_some(())
        });
    }

    /// Forgets that people have been told, up to that name. No program may have the database.
    fn tell_anew(&self, last: &str) {
        let sql = "UPDATE credential SET told_stage = 'nothing', told_at = NULL, notice_at = 0 WHERE account <= ?1";
        self.database().execute(sql, [last]).unwrap();
    }

    /// Waits until there is nothing more to tell, but over one channel.
    #[track_caller]
    fn until_told_but(&self, channel: &str) {
        let sql = "SELECT NOT EXISTS (SELECT 1 FROM credential WHERE notice_at = 0) \
             AND NOT EXISTS (SELECT 1 FROM outbox WHERE channel <> ?1)";
        let database = self.database();
        until("the others are told", SOON, || {
            database.query_row(sql, [channel], |row| row.get(0)).unwrap_or(false).then_some(())
        });
    }
}

#[test]
fn what_a_receiver_does_not_take_is_not_lost() {
    let port = port::free();
    let mut telling = Telling::at(&address(port), "");
    telling.submit(100_001, "anna");
    telling.stage.end();
    telling.age(19 * HOUR);
    telling.stage.serve_again();
    telling.until_tried(1);
    telling.crash_and_try_again();
    telling.until_tried(2);
    telling.stage.kill();
    telling.hook = Hook::at(port);
    for (number, answer) in [Answer::Status(503), Answer::Status(404), Answer::Never].into_iter().enumerate() {
        telling.hook.answer(answer);
        telling.try_again();
        telling.stage.serve_again();
        telling.until_told(number + 1);
        if answer != Answer::Never {
            telling.until_tried(3 + i64::try_from(number).unwrap());
        }
        telling.stage.kill();
    }
    telling.hook.answer(Answer::Status(200));
    telling.try_again();
    telling.stage.serve_again();
    telling.settle();
    telling.later(0);
    let told = telling.told();
    assert_eq!(telling.events(), ["credential.expiring"; 4]);
    let ids: BTreeSet<&str> = told.iter().map(Told::id).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    told.iter().for_each(Told::is_signed);
    telling.holds_no_secret();
}

/// The one that is down does not keep the others waiting, and gets everything in its order.
#[test]
fn a_receiver_that_is_down_holds_up_nobody_else() {
    let mut telling = Telling::by_everything();
    telling.hook.answer(Answer::Status(503));
    telling.submit(100_001, "anna");
    for (count, hours) in [(1, 19), (2, 4), (3, 2)] {
        telling.stage.end();
        telling.age(hours * HOUR);
        telling.stage.serve_again();
        telling.until_told_but("app");
        assert_eq!((telling.script().len(), telling.mailbox.mails().len()), (count, count));
    }
    telling.stage.kill();
    telling.hook.settle();
    let tried = telling.told().len();
    telling.hook.answer(Answer::Status(204));
    telling.try_again();
    telling.stage.serve_again();
    telling.settle();
    let told = telling.told().split_off(tried);
    let events: Vec<String> = told.iter().map(Told::event).collect();
    assert_eq!(events, ["credential.expiring", "credential.expiring", "credential.expired"]);
    assert_eq!((telling.script().len(), telling.mailbox.mails().len()), (3, 3));
    assert_eq!(told.iter().map(Told::id).collect::<BTreeSet<_>>().len(), 3);
}

#[test]
fn many_at_once_are_one_message_with_each_named_once() {
    let mut telling = Telling::by_everything();
    let names: BTreeSet<String> = (0..MANY).map(|number| format!("person-{number:02}")).collect();
    for (id, name) in (200_001..).zip(&names) {
        telling.submit(id, name);
    }
    telling.hook.answer(Answer::Status(503));
    telling.stage.end();
    telling.age(19 * HOUR);
    telling.stage.serve_again();
    telling.until_told(1);
    telling.until_tried(1);
    telling.stage.kill();
    telling.hook.answer(Answer::Status(204));
    telling.try_again();
    telling.stage.serve_again();
    telling.settle();
    telling.later(0);
    let told = telling.told();
    assert!(
        told.len() >= 2 && telling.events().iter().all(|event| event == "credential.digest"),
        "one try, and one more"
    );
    assert!(told.iter().all(|it| it.id() == told[0].id()));
    for message in &told {
        message.is_signed();
        assert_eq!(names_in(&message.credentials()), names);
        let links: BTreeSet<_> =
            message.credentials().iter().map(|credential| credential["link"].as_str().unwrap().to_owned()).collect();
        assert_eq!(links.len(), names.len(), "a link of its own for each");
    }
    // What was taken in the moment of the kill comes once more, as the same message.
    let script: BTreeMap<String, BTreeSet<String>> = telling.script().iter().map(of_message).collect();
    assert_eq!(script.into_values().collect::<Vec<_>>(), std::slice::from_ref(&names));
    let mails = telling.mailbox.mails();
    let ids: BTreeSet<_> = mails.iter().map(|mail| mail.header("Message-ID")).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(mails[0].header("Subject"), "30 tokens need you");
    let named = names.iter().filter(|name| mails[0].text.contains(*name)).count();
    println!("{named} of {MANY} are named in the mail");
    telling.holds_no_secret();
}

/// Each name, once.
#[track_caller]
fn names_in(credentials: &[Value]) -> BTreeSet<String> {
    let names: BTreeSet<_> =
        credentials.iter().map(|credential| credential["account"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names.len(), credentials.len(), "one is named twice");
    names
}

/// Nothing is lost; what comes twice is the same message.
#[test]
fn a_server_that_is_killed_at_any_moment_tells_each_once() {
    let (mut telling, mut chance) = (Telling::by_everything(), Chance::seeded(0x6e6f_7469_6365_2121));
    let names: BTreeSet<String> = (0..12).map(|number| format!("person-{number:02}")).collect();
    for (id, name) in (200_001..).zip(&names) {
        telling.submit(id, name);
    }
    telling.stage.end();
    telling.age(19 * HOUR);
    telling.stage.serve_again();
    telling.settle();
    telling.stage.kill();
    telling.hook.answer(Answer::Late(Duration::from_millis(40)));
    let (mut seen, mut twice) = ((telling.told().len(), telling.script().len()), 0);
    for round in 0..KILLS {
        // Some are messages of their own, many are one.
        let count = [3, 12][round % 2];
        let named: BTreeSet<String> = names.iter().take(count).cloned().collect();
        telling.tell_anew(named.last().unwrap());
        telling.stage.serve_again();
        thread::sleep(Duration::from_micros(chance.between(0, 120_000)));
        telling.stage.kill();
        telling.try_again();
        telling.stage.serve_again();
        telling.settle();
        telling.stage.kill();
        let hooked: Vec<Value> = telling.told().iter().skip(seen.0).map(Told::json).collect();
        let script: Vec<Value> = telling.script().split_off(seen.1);
        seen = (seen.0 + hooked.len(), seen.1 + script.len());
        for (channel, told) in [("webhook", hooked), ("command", script)] {
            let by_id: BTreeMap<String, BTreeSet<String>> = told.iter().map(of_message).collect();
            twice += told.len() - by_id.len();
            let mut all: Vec<&String> = by_id.values().flatten().collect();
            all.sort();
            assert_eq!(all, Vec::from_iter(&named), "{channel}, round {round}: {by_id:?}");
        }
    }
    println!("{KILLS} kills: {seen:?} messages, {twice} of them twice");
    telling.holds_no_secret();
}

/// So many that not all of them are looked at in one go.
#[test]
fn nor_when_there_is_much_to_tell() {
    const MUCH: usize = 1000;
    let mut telling = Telling::by_everything();
    telling.hook.answer(Answer::Status(503));
    telling.submit(100_001, "anna");
    telling.stage.end();
    telling.age(19 * HOUR);
    telling.copy(MUCH - 1);
    telling.stage.serve_again();
    let begun = Instant::now();
    let told = |telling: &Telling| {
        let told = telling.script().into_iter().map(|told| of_message(&told).1.len());
        told.sum::<usize>()
    };
    let count = until("the others are told", MOST_FOR_MUCH, || Some(told(&telling)).filter(|count| *count >= MUCH));
    telling.until_told_but("app");
    println!("{count} told in {:?}", begun.elapsed());
    let mails = telling.mailbox.mails().len();
    assert!(count == MUCH && mails < MUCH / 20, "{count} told, {mails} mails");
}

/// What a receiver has already may not come again in a digest, by another id.
#[test]
fn what_was_on_its_way_stays_the_message_that_it_was() {
    let mut telling = Telling::new();
    for (id, name) in (200_001..).zip(["first", "a", "b", "c", "d", "e", "f", "g"]) {
        telling.submit(id, name);
    }
    telling.hook.answer(Answer::Never);
    telling.stage.end();
    let sql = "UPDATE credential SET expires_at = expires_at - 68400, captured_at = captured_at - 68400, notice_at = 0 \
         WHERE account = 'first'";
    telling.database().execute(sql, []).unwrap();
    telling.stage.serve_again();
    telling.until_told(1);
    telling.stage.kill();
    telling.hook.answer(Answer::Status(204));
    let sql = sql.replace(" = 'first'", " <> 'first'");
    telling.database().execute(&sql, []).unwrap();
    telling.try_again();
    telling.stage.serve_again();
    telling.settle();
    let told: Vec<Value> = telling.told().iter().map(Told::json).collect();
    let by_id: BTreeMap<String, BTreeSet<String>> = told.iter().map(of_message).collect();
    let ids = by_id.values().filter(|names| names.contains("first")).count();
    assert_eq!(ids, 1, "{by_id:?}");
}

/// Its id, and whom it names.
fn of_message(message: &Value) -> (String, BTreeSet<String>) {
    let data = &message["data"];
    (data["id"].as_str().unwrap().to_owned(), names_in(data["credentials"].as_array().unwrap()))
}
