//! `serve --sandbox`, as somebody meets it who has nothing yet: emulated providers, a key, and a command for each way to log in.

use grantkeep_tests::harness::{
    browser::Browser,
    home::Home,
    http::Client,
    login::{ANNA, ANNA_AT_VK, go_through},
    port,
    stage::STATUS,
};
use serde_json::{Value, json};

#[test]
fn the_sandbox_is_a_whole_of_its_own() {
    let home = Home::new();
    let server = home.serve().arg("--sandbox").arg("--sandbox-listen").arg("127.0.0.1:0").go();
    let word = |name: &str| {
        let line =
            server.words.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{}", server.words));
        line.split_whitespace().next().unwrap().to_owned()
    };
    let (vk, key) = (word("VK:"), word("API key:"));
    // As the README has it: the emulated VK grants, its redirect is submitted, and its state is asked.
    let at_vk = Client::new(vk.strip_prefix("http://").unwrap().parse().unwrap());
    let granted = at_vk.get("/authorize?client_id=54249533&response_type=token&auto=allow");
    let url = granted.header("location").unwrap().to_owned();
    let client = server.client().bearer(&key);
    let saved = client.submit(&url).expect(200).json();
    assert_eq!((&saved["success"], &saved["verified"]), (&true.into(), &true.into()));
    assert_eq!(client.get(STATUS).expect(200).json()["is_valid"], true);
    // The commands of the README find it, and only with the flag.
    let sandbox =
        |line: &str| home.run(line).arg("--sandbox").arg("--sandbox-listen").arg(vk.strip_prefix("http://").unwrap());
    assert!(sandbox("status").go().done().contains("vk/vk_100001"));
    sandbox("login vk --paste").input(format!("{url}\n")).go().done();
    assert!(home.run("status").go().done().contains("Nothing is kept"));
    assert!(home.file("sandbox/grantkeep.db").exists());
    // No setting leads it to a real provider.
    let led = sandbox("login vk --paste").env("GRANTKEEP_VK_OAUTH_URL", "https://oauth.vk.com").input("\n").go();
    assert!(!led.err.contains("vk.com"), "{}", led.err);
    let said = home
        .run("serve --sandbox --listen 127.0.0.1:0 --sandbox-listen 192.0.2.1:1")
        .arg("--data-dir")
        .arg(home.root().join("b"))
        .go();
    said.fails(1);
}

/// From nothing: the sandbox says for each emulated provider how to log in there, and each of these commands works.
#[test]
fn the_sandbox_plays_every_login() {
    let home = Home::new();
    let listen = format!("127.0.0.1:{}", port::free());
    let mut server = home.serve().arg("--sandbox").arg("--sandbox-listen").arg("127.0.0.1:0").go();
    let first = server.words.lines().find_map(|line| line.strip_prefix("VK:")).unwrap();
    let first = first.trim().strip_prefix("http://").unwrap().split(' ').next().unwrap().to_owned();
    let commands: Vec<_> = server.words.lines().filter_map(|line| Some(line.split_once(" --sandbox ")?.1)).collect();
    assert_eq!(commands.len(), 5 + 11, "{}", server.words);
    for command in commands {
        let by_device = command.contains("--device");
        let account = format!("at {command}").replace(['/', ':'], "-").chars().rev().take(40).collect::<String>();
        let line =
            format!("--sandbox --sandbox-listen {first} {command}{}", if by_device { "" } else { " --no-browser" });
        let mut running = home.run(&line).arg("--account").arg(account.trim()).env("GRANTKEEP_LISTEN", &listen).start();
        let mut browser = Browser::new();
        if by_device {
            let typed = running.line("a code", |line| line.len() == 9 && line.as_bytes()[4] == b'-');
            let page = running.address("http://");
            let fields = [("user_code", typed.as_str()), ("auto", "allow"), ("person", "anna")];
            assert_eq!(browser.submit(&page, page.path(), &fields).reply.status, 200);
        } else {
            let link = running.address("http://");
            let choice = if command.contains("vk") { ANNA_AT_VK } else { ANNA };
            let last = go_through(&mut browser, &link, choice);
            if last.url.fragment().is_some() {
                let pasted = browser.submit(&link, link.path(), &[("token_data", last.url.as_str())]);
                assert_eq!(browser.follow(pasted).reply.status, 200);
            }
        }
        let said = running.ended().done();
        assert!(said.contains("kept as "), "{command}: {said}");
        println!("grantkeep --sandbox {command}: exit 0");
    }
    let all = home.run(&format!("--sandbox --sandbox-listen {first} status --json")).go().done();
    let all: Value = serde_json::from_str(&all).unwrap();
    let states: Vec<_> = all["credentials"].as_array().unwrap().iter().map(|one| one["state"].clone()).collect();
    assert_eq!(states, vec![json!("valid"); 16]);
    server.is_well();
}
