//! Whose the data directory is, who has it alone, and where its socket is.

use tempfile::TempDir;

use super::*;

#[test]
fn the_directory_is_private_even_if_it_was_not() {
    let outer = TempDir::new().unwrap();
    let path = outer.path().join("a/b");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    DataDir::open(&path).unwrap();
    assert_eq!(mode(&path), 0o700);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    DataDir::open(&path).unwrap();
    assert_eq!(mode(&path), 0o700);
}

#[test]
fn a_server_has_it_alone_and_commands_share_it() {
    let outer = TempDir::new().unwrap();
    let directory = DataDir::open(outer.path()).unwrap();
    let command = directory.try_lock_shared().unwrap().unwrap();
    let another = directory.try_lock_shared().unwrap().unwrap();
    assert!(directory.try_lock_alone().unwrap().is_none(), "a server waits for commands");
    drop((command, another));
    let server = directory.try_lock_alone().unwrap().unwrap();
    assert!(directory.try_lock_shared().unwrap().is_none(), "a command does not open what a server has");
    assert!(directory.try_lock_alone().is_err(), "a second server is refused");
    drop(server);
    assert!(directory.try_lock_alone().unwrap().is_some());
}

#[test]
fn only_a_directory_of_ours_is_closed_to_others() {
    #[rustfmt::skip]
    let rows: [(&[&str], u32, bool); 10] = [
        (&[],                                  0o755,  true),
        (&[],                                  0o1777, true),
        (&["lost+found"],                      0o2775, true),
        (&["config.toml", "sandbox"],          0o755,  true),
        (&["master.key", "jwt.key"],           0o755,  true),
        (&["grantkeep.lock", "notes.txt"],     0o755,  true),
        (&["grantkeep.db", ".snapshots"],      0o750,  true),
        (&["grantkeep.db", "config.toml"],     0o1777, false),
        (&["index.html"],                      0o755,  false),
        (&["config.toml", "index.html"],       0o711,  false),
    ];
    for (names, before, ours) in rows {
        let outer = TempDir::new().unwrap();
        for name in names {
            fs::write(outer.path().join(name), "").unwrap();
        }
        fs::set_permissions(outer.path(), fs::Permissions::from_mode(before)).unwrap();
        let opened = DataDir::open(outer.path());
        let after = fs::metadata(outer.path()).unwrap().permissions().mode() & 0o7777;
        assert_eq!((opened.is_ok(), after), (ours, if ours { 0o700 } else { before }), "{names:?} {before:o}");
        if let Err(fault) = opened {
            assert!(fault.hint.contains("chmod 700"), "{fault:?}");
        }
    }
    // What is private already is nobody's business.
    let outer = TempDir::new().unwrap();
    fs::write(outer.path().join("index.html"), "").unwrap();
    fs::set_permissions(outer.path(), fs::Permissions::from_mode(0o700)).unwrap();
    assert!(DataDir::open(outer.path()).is_ok());
}

#[test]
fn a_directory_of_another_user_is_seen() {
    let outer = TempDir::new().unwrap();
    assert_eq!(foreign_owner(outer.path()), None);
    assert_eq!(foreign_owner(Path::new("/")), None, "the superuser can do everything anyway");
    assert_eq!(foreign_owner(&outer.path().join("nothing")), None);
    if !rustix::process::geteuid().is_root() {
        return println!("NOT RUN as the superuser: only that one can give a directory away");
    }
    std::os::unix::fs::chown(outer.path(), Some(12345), None).unwrap();
    assert_eq!(foreign_owner(outer.path()), Some(12345));
    // As in a container, over a directory of the host.
    assert!(DataDir::open(outer.path()).is_ok());
}

#[test]
fn the_socket_has_a_short_path_of_its_own() {
    let outer = TempDir::new().unwrap();
    let outer = outer.path().canonicalize().unwrap();
    let near = DataDir::open(&outer.join("near")).unwrap();
    assert_eq!(near.socket().unwrap(), outer.join("near/grantkeep.sock"));
    let far = DataDir::open(&outer.join("d".repeat(100))).unwrap();
    let other = DataDir::open(&outer.join("e".repeat(100))).unwrap();
    assert!(far.socket().unwrap().as_os_str().len() <= LONGEST_SOCKET_PATH);
    assert_ne!(far.socket().unwrap(), other.socket().unwrap());
}

#[test]
fn a_server_and_a_command_agree_where_the_socket_is() {
    let outer = TempDir::new().unwrap();
    let long = outer.path().join("d".repeat(100));
    let server = DataDir::open(&long).unwrap();
    let lock = server.try_lock_alone().unwrap().unwrap();
    let socket = server.claim_socket(&lock).unwrap();
    // By another name, one of which would be short enough.
    let link = outer.path().join("link");
    std::os::unix::fs::symlink(&long, &link).unwrap();
    assert_eq!(DataDir::open(&link).unwrap().socket().unwrap(), socket);
    // In another environment: what the server has written counts.
    let elsewhere = Path::new("/run/elsewhere").join(socket.file_name().unwrap());
    fs::write(long.join(LOCK), elsewhere.as_os_str().as_bytes()).unwrap();
    assert_eq!(server.socket().unwrap(), elsewhere);
    // Unless it is of the directory that this one was copied from.
    fs::write(long.join(LOCK), "/run/elsewhere/grantkeep-0123456789abcdef.sock").unwrap();
    assert_eq!(server.socket().unwrap(), socket);
    assert_eq!(server.claim_socket(&lock).unwrap(), socket);
    assert_eq!(fs::read(long.join(LOCK)).unwrap(), socket.as_os_str().as_bytes());
}
