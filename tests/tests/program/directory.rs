//! The data directory: one server has it alone, commands beside it go through that server, keys are never replaced, nothing in
//! it is for others to read.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::Stdio,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use grantkeep_tests::harness::{
    disk::Disk,
    home::Home,
    jwt,
    stage::{STATUS, Stage},
    vk::Vk,
    wait::{at_once, until},
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Every file with its mode and its content.
type Picture = BTreeMap<PathBuf, (u32, Vec<u8>)>;

fn picture(directory: &Path) -> Picture {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| (path.clone(), (mode(&path), fs::read(&path).unwrap_or_default()))).collect()
}

/// The names of what is not the same in both; contents are not for a test's output.
fn changes(before: &Picture, after: &Picture) -> Vec<PathBuf> {
    let names = before.keys().chain(after.keys());
    let changed: BTreeSet<_> = names.filter(|name| before.get(*name) != after.get(*name)).cloned().collect();
    changed.into_iter().collect()
}

#[test]
fn a_second_server_is_refused_and_the_first_goes_on() {
    let mut stage = Stage::new();
    let client = stage.client("first");
    client.submit(&stage.vk.token(1).url).expect(200);
    let begun = Instant::now();
    let said = stage.run("serve --listen 127.0.0.1:0").go().fails(1);
    // It does not wait for the first, which would be for ever.
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
    assert!(said.contains("another grantkeep server"), "{said}");
    // With every mistake that makes it look different.
    let through = stage.home.root().join("link");
    std::os::unix::fs::symlink(stage.home.data(), &through).unwrap();
    stage.run("serve --listen 127.0.0.1:0").arg("--data-dir").arg(&through).go().fails(1);
    // Both at the same address, with directories of their own.
    let other = stage.home.root().join("other");
    let listen = format!("serve --listen {}", stage.server.address);
    let said = stage.run(&listen).arg("--data-dir").arg(other).go().fails(1);
    assert!(said.contains("--listen"), "{said}");

    stage.server.is_well();
    client.submit(&stage.vk.token(1).url).expect(200);
    assert_eq!(stage.run("status --owner first").go().done().lines().count(), 2);
    assert!(stage.server.stop().success());
}

#[test]
fn commands_beside_a_server_act_through_it() {
    let stage = Stage::new();
    let client = stage.client("me");
    // The server remembers that there is nothing; a command must make it know better.
    assert_eq!(client.get(STATUS).expect(200).json()["has_token"], false);
    assert_eq!(client.status("one")["has_token"], false);
    let (one, two) = (stage.vk.token(1), stage.vk.token(1));
    stage.run("add vk --account one").input(&one.url).go().done();
    assert_eq!(client.status("one")["has_token"], true);
    assert_eq!(client.hand_out("one").expect(200).json()["access_token"], one.access_token);
    stage.run("add vk --account one").input(&two.url).go().done();
    assert_eq!(client.hand_out("one").expect(200).json()["access_token"], two.access_token);
    // With a wrong configuration of its own: that of the server counts.
    let added = stage.home.run("add vk --account three").input(&stage.vk.token(3).url);
    added.env("GRANTKEEP_VK_API_URL", "http://127.0.0.1:1").env("GRANTKEEP_JWT_SECRET", "x".repeat(40)).go().done();
    assert_eq!(client.status("three")["state"], "valid");
    stage.run("forget vk/one").go().done();
    assert_eq!(client.status("one")["has_token"], false);
    let doctor: Value = serde_json::from_str(&stage.run("doctor --json").go().done()).unwrap();
    let through =
        |finding: &Value| finding["what"] == "server" && finding["found"].as_str().unwrap().contains("went through it");
    assert!(doctor["findings"].as_array().unwrap().iter().any(through), "{doctor}");
}

#[test]
fn a_revoked_key_ends_at_once() {
    let stage = Stage::new();
    let key = stage.run("key issue --can status").go();
    let id = key.err.split_whitespace().find(|word| word.starts_with("k_")).unwrap().to_owned();
    let client = stage.server.client().bearer(key.done().trim());
    for _ in 0..3 {
        client.get(STATUS).expect(200);
    }
    stage.run("key revoke").arg(&id).go().done();
    client.get(STATUS).expect(401);
    assert!(stage.run("key list").go().done().lines().any(|line| line.contains(&id) && line.contains("revoked")));
    // It stays ended when the server is another one.
    let mut stage = stage;
    stage.crash();
    stage.server.client().with("Authorization", header_of(&client)).get(STATUS).expect(401);
}

fn header_of(client: &grantkeep_tests::harness::http::Client) -> String {
    let request = client.request("GET", "/", None);
    request.lines().find_map(|line| line.strip_prefix("Authorization: ")).unwrap().to_owned()
}

#[test]
fn everything_is_for_its_owners_eyes_only() {
    let home = Home::new();
    // Somebody made the directory before, as people do.
    fs::create_dir(home.data()).unwrap();
    chmod(home.data(), 0o755);
    let stage = Stage::at(home);
    stage.client("me").submit(&stage.vk.token(1).url).expect(200);
    stage.run("status").go().done();
    assert_eq!(mode(stage.home.data()), 0o700);
    let names: Vec<String> = fs::read_dir(stage.home.data())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    for name in ["grantkeep.db", "grantkeep.sock", "master.key"] {
        assert!(names.contains(&name.to_owned()), "{name} in {names:?}");
    }
    for name in names {
        assert_eq!(mode(&stage.home.file(&name)), 0o600, "{name}");
    }
}

#[test]
fn keys_are_judged_before_anything_is_touched() {
    let home = Home::new();
    let vk = Vk::new();
    let server = home.serve().at(&vk).with_secret().go();
    let token = vk.token(1);
    server.client_of("me").submit(&token.url).expect(200);
    assert!(server.stop().success());
    let key = fs::read_to_string(home.file("master.key")).unwrap();
    let moved = home.root().join("kept.key");
    let other = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=";

    let begin = |change: &dyn Fn(&Path)| change(&home.file("master.key"));
    type Change = Box<dyn Fn(&Path)>;
    let cases: Vec<(&str, Change)> = vec![
        ("missing", Box::new(|path| fs::remove_file(path).unwrap())),
        ("another's", Box::new(move |path| fs::write(path, other).unwrap())),
        ("empty", Box::new(|path| fs::write(path, "").unwrap())),
        ("half", Box::new(|path| fs::write(path, &fs::read(path).unwrap()[..20]).unwrap())),
        ("not base64", Box::new(|path| fs::write(path, "!".repeat(44)).unwrap())),
        ("readable", Box::new(|path| chmod(path, 0o644))),
        ("readable for a group", Box::new(|path| chmod(path, 0o640))),
        (
            "a link",
            Box::new(move |path| {
                fs::rename(path, &moved).unwrap();
                std::os::unix::fs::symlink(&moved, path).unwrap();
            }),
        ),
        (
            "a directory",
            Box::new(|path| {
                fs::remove_file(path).unwrap();
                fs::create_dir(path).unwrap();
            }),
        ),
    ];
    for (name, change) in &cases {
        begin(change);
        let before = picture(home.data());
        for line in ["serve --listen 127.0.0.1:0", "status", "token vk", "add vk", "key issue"] {
            let said = home.run(line).input(&token.url).env("GRANTKEEP_JWT_SECRET", jwt::SECRET).go().fails(2);
            assert!(said.contains("key"), "{name}: {said}");
            assert!(!said.contains(key.trim()), "{name}: {said}");
            let changed = changes(&before, &picture(home.data()));
            assert!(changed.is_empty(), "{name}: {line} changed {changed:?}");
        }
        let _ = fs::remove_file(home.file("master.key"));
        let _ = fs::remove_dir(home.file("master.key"));
        fs::write(home.file("master.key"), &key).unwrap();
        chmod(&home.file("master.key"), 0o600);
    }
    home.run("status").env("GRANTKEEP_MASTER_KEY", other).go().fails(2);
    assert_eq!(home.run("token vk").go().done(), format!("{}\n", token.access_token), "nothing was harmed");
    // The key may come from elsewhere.
    fs::remove_file(home.file("master.key")).unwrap();
    let from_elsewhere = home.run("token vk").env("GRANTKEEP_MASTER_KEY", key.trim()).go().done();
    assert_eq!(from_elsewhere, format!("{}\n", token.access_token));
    assert!(!home.file("master.key").exists());
}

#[test]
fn twenty_commands_at_once_make_one_directory() {
    let home = Home::new();
    let vk = Vk::new();
    let tokens: Vec<_> = (0..20).map(|_| vk.token(1)).collect();
    let outcomes = at_once(tokens.iter().enumerate().map(|(number, token)| {
        let (home, vk) = (&home, &vk);
        move || {
            let line = format!("add vk --account a{number}");
            let run = vk.settings().into_iter().fold(home.run(&line), |run, (name, value)| run.env(name, value));
            run.input(&token.url).go()
        }
    }));
    outcomes.into_iter().for_each(|outcome| {
        outcome.done();
    });
    let opened = at_once(tokens.iter().enumerate().map(|(number, token)| {
        let home = &home;
        move || assert_eq!(home.run(&format!("token vk/a{number}")).go().done(), format!("{}\n", token.access_token))
    }));
    assert_eq!(opened.len(), 20);
    let left: Vec<_> = fs::read_dir(home.data()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("new-")), "{left:?}");
}

#[test]
fn commands_at_once_on_one_account_make_one_credential() {
    let (home, vk) = (Home::new(), Vk::new());
    let tokens: Vec<_> = (0..12).map(|_| vk.token(1)).collect();
    let outcomes = at_once(tokens.iter().map(|token| {
        let run = vk.settings().into_iter().fold(home.run("add vk"), |run, (name, value)| run.env(name, value));
        move || run.input(&token.url).go().done()
    }));
    let created = outcomes.iter().filter(|out| out.contains("saved")).count();
    assert_eq!(created, 1, "{outcomes:?}");
    assert!(outcomes.iter().all(|out| out.contains("kept as vk/vk_1 (credential 1)")), "{outcomes:?}");
    let handed = home.run("token vk").go().done();
    assert!(tokens.iter().any(|token| token.access_token == handed.trim_end()));
}

/// Whoever stands before a prompt may take an hour; a server that starts meanwhile must not wait for them.
#[test]
fn a_command_that_waits_for_a_person_keeps_no_server_from_starting() {
    let (home, vk) = (Home::new(), Vk::new());
    let mut command = home.command(&grantkeep_tests::harness::program::binary());
    command.args(["login", "vk", "--paste"]).envs(vk.settings());
    let mut login = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It has come as far as its prompt when it has shown the address.
    let mut said = BufReader::new(login.stderr.take().unwrap()).lines();
    assert!(said.any(|line| line.unwrap().contains("/authorize?")));
    let token = vk.token(1);
    let (begun, (tell, told)) = (Instant::now(), mpsc::channel());
    let started = thread::scope(|scope| {
        let (home, vk) = (&home, &vk);
        scope.spawn(move || tell.send(home.serve().at(vk).with_secret().go()));
        let started = told.recv_timeout(Duration::from_secs(40));
        let took = begun.elapsed();
        // Whether it did or not: the person pastes at last.
        writeln!(login.stdin.take().unwrap(), "{}", token.url).unwrap();
        assert!(login.wait().unwrap().success());
        let in_time = started.is_ok();
        let server = started.or_else(|_| told.recv_timeout(Duration::from_secs(30))).unwrap();
        assert!(in_time, "the server waited for a prompt: {took:?}");
        server
    });
    assert_eq!(started.client_of("me").hand_out("vk_1").expect(200).json()["access_token"], token.access_token);
}

#[test]
fn a_server_may_start_and_end_between_commands() {
    let stage = Stage::new();
    stage.run("add vk --account one").input(&stage.vk.token(1).url).go().done();
    assert!(stage.server.stop().success());
    let (home, vk) = (&stage.home, &stage.vk);
    assert!(!home.file("grantkeep.sock").exists(), "a server that ends takes its socket with it");
    assert_eq!(home.run("status").go().done().lines().count(), 2);
    let token = vk.token(1);
    let run =
        vk.settings().into_iter().fold(home.run("add vk --account one"), |run, (name, value)| run.env(name, value));
    run.input(&token.url).go().done();
    let server = home.serve().at(vk).with_secret().go();
    assert_eq!(server.client_of("me").hand_out("one").expect(200).json()["access_token"], token.access_token);
    // Killed: its socket is left behind and means nothing.
    server.kill();
    assert!(home.file("grantkeep.sock").exists());
    assert_eq!(home.run("token vk/one").go().done().trim_end(), token.access_token);
    let server = home.serve().at(vk).with_secret().go();
    assert_eq!(home.run("token vk/one").go().done().trim_end(), token.access_token);
    assert!(server.stop().success());
}

#[test]
fn a_long_path_has_its_socket_elsewhere() {
    let home = Home::new();
    let long = home.root().join("d".repeat(120)).join("e".repeat(60));
    let home = home.with_data(long);
    let stage = Stage::at(home);
    let token = stage.vk.token(1);
    stage.client("me").submit_as("one", &token.url).expect(200);
    assert_eq!(stage.run("token vk/one").go().done().trim_end(), token.access_token);
    assert!(!stage.home.file("grantkeep.sock").exists());
    let run = stage.home.root().join("run");
    let socket = fs::read_dir(&run).unwrap().next().unwrap().unwrap().path();
    assert_eq!(mode(&socket), 0o600);
    // Without that directory it is in one of our own among the temporary files.
    let Stage { server, home, vk } = stage;
    assert!(server.stop().success());
    assert_eq!(fs::read_dir(&run).unwrap().count(), 0);
    let server = home.serve().at(&vk).env("XDG_RUNTIME_DIR", "").go();
    assert_eq!(home.run("token vk/one").env("XDG_RUNTIME_DIR", "").go().done().trim_end(), token.access_token);
    let own = fs::read_dir(home.root().join("tmp")).unwrap().next().unwrap().unwrap().path();
    assert_eq!((mode(&own), fs::metadata(&own).unwrap().uid()), (0o700, rustix::process::getuid().as_raw()));
    assert!(server.stop().success());
}

#[test]
fn a_directory_that_cannot_be_used_is_said_to_be() {
    let home = Home::new();
    let file = home.root().join("file");
    fs::write(&file, "").unwrap();
    let mut places = vec![file.clone(), file.join("below"), PathBuf::from("/proc/grantkeep")];
    let disk = Disk::mount("size=1m,ro");
    match &disk {
        Ok(disk) => places.push(disk.path().to_owned()),
        Err(why) => println!("NOT RUN with a read-only file system: it cannot be mounted here: {why}"),
    }
    let closed = home.root().join("closed");
    fs::create_dir(&closed).unwrap();
    chmod(&closed, 0o500);
    // Nothing is closed to the superuser.
    if !rustix::process::getuid().is_root() {
        places.push(closed.join("below"));
    }
    for place in places {
        for line in ["serve --listen 127.0.0.1:0", "status"] {
            let outcome = home.run(line).arg("--data-dir").arg(&place).go();
            let code = outcome.code;
            assert!(matches!(code, 1 | 2), "{}: {code}", place.display());
            let said = outcome.fails(code);
            assert!(said.contains(&*place.to_string_lossy()), "{said}");
        }
    }
}

#[test]
fn a_directory_that_others_use_is_not_closed_to_them() {
    let home = Home::new();
    let shared = home.root().join("shared");
    fs::create_dir(&shared).unwrap();
    fs::write(shared.join("somebodys.txt"), "").unwrap();
    for open in [0o777, 0o755] {
        chmod(&shared, open);
        for line in ["serve --listen 127.0.0.1:0", "status", "key issue"] {
            let said = home.run(line).arg("--data-dir").arg(&shared).go().fails(2);
            assert!(said.contains("chmod 700"), "{said}");
        }
        assert_eq!((mode(&shared), fs::read_dir(&shared).unwrap().count()), (open, 1));
    }
    chmod(&shared, 0o700);
    home.run("status").arg("--data-dir").arg(&shared).go().done();
}

#[test]
fn a_server_ends_in_order_whoever_asks_it_to_and_whenever() {
    let home = Home::new();
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let mut server = home.serve().go();
        kill_process(server.id(), signal).unwrap();
        assert!(server.ended().success(), "{signal:?}");
        assert!(server.log().contains(r#""message":"stopped""#), "{signal:?}: {}", server.log());
        assert!(!home.file("grantkeep.sock").exists(), "{signal:?}");
    }
    // As a command has it while a person logs in.
    let lock = fs::File::open(home.file("grantkeep.lock")).unwrap();
    lock.lock_shared().unwrap();
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let mut command = home.command(&grantkeep_tests::harness::program::binary());
        command.args(["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut waiting = command.spawn().unwrap();
        let mut said = BufReader::new(waiting.stderr.take().unwrap()).lines();
        assert!(said.any(|line| line.unwrap().contains("waiting")));
        kill_process(Pid::from_child(&waiting), signal).unwrap();
        assert!(waiting.wait().unwrap().success(), "{signal:?}");
    }
}

#[test]
fn a_full_disk_refuses_writes_and_nothing_else() {
    let disk = match Disk::mount("size=2m,mode=0700") {
        Ok(disk) => disk,
        Err(why) => return println!("NOT RUN: no small file system can be mounted here: {why}"),
    };
    let mut stage = Stage::at(Home::new().with_data(disk.path().join("data")));
    let client = stage.client("me");
    let mut kept = Vec::new();
    for number in 0..20 {
        let token = stage.vk.token(1);
        let account = format!("before-{number}");
        client.submit_as(&account, &token.url).expect(200);
        kept.push((account, token.access_token));
    }
    let ballast = disk.fill();
    // What is answered is stored, until there is no room; then nothing is, and that is said.
    let refused = (0..5000).find_map(|number| {
        let token = stage.vk.token(1);
        let account = format!("during-{number}");
        let reply = client.submit_as(&account, &token.url);
        if reply.status == 200 {
            kept.push((account, token.access_token));
            return None;
        }
        Some((account, reply))
    });
    let (account, reply) = refused.expect("a full disk takes everything");
    assert_eq!((reply.status, reply.error_type().as_str()), (503, "storage_full"), "{}", reply.body);
    for _ in 0..20 {
        let reply = client.submit(&stage.vk.token(2).url);
        assert_eq!((reply.status, reply.error_type().as_str()), (503, "storage_full"), "{}", reply.body);
    }
    let tokens: Vec<_> = (0..32).map(|_| stage.vk.token(2)).collect();
    let replies = at_once(tokens.iter().map(|token| || client.submit(&token.url)));
    for reply in replies {
        assert_eq!((reply.status, reply.error_type().as_str()), (503, "storage_full"), "{}", reply.body);
    }
    // Reads go on.
    assert_eq!(client.status(&account)["has_token"], false);
    assert_eq!(client.status("vk_2")["has_token"], false);
    for (account, token) in &kept {
        assert_eq!(client.hand_out(account).expect(200).json()["access_token"], *token, "{account}");
    }
    stage.server.client().get("/readyz").expect(200);
    let doctor = stage.run("doctor --json").go();
    assert_eq!(doctor.code, 1, "{}", doctor.out);
    assert!(doctor.out.contains("is it full"), "{}", doctor.out);
    stage.run("add vk").input(&stage.vk.token(2).url).go().fails(4);

    fs::remove_file(ballast).unwrap();
    let token = stage.vk.token(2);
    until("the server recovers", Duration::from_secs(60), || {
        (client.submit_as("after", &token.url).status == 200).then_some(())
    });
    kept.push(("after".into(), token.access_token));
    for round in ["before the restart", "after it"] {
        for (account, token) in &kept {
            assert_eq!(
                stage.client("me").hand_out(account).expect(200).json()["access_token"],
                *token,
                "{account} {round}"
            );
        }
        stage.run("doctor").go().done();
        stage.crash();
    }
    drop(stage);
    drop(disk);
}
