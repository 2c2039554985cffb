//! The authorization URL, the instructions, and which places are ours.

use super::*;

fn sandbox() -> Settings {
    Settings {
        redirect_uri: constant("https://app.example:8443/cb/vk"),
        oauth_url: constant("http://127.0.0.1:8001/oauth"),
        api_url: constant("http://[::1]:8002"),
        ..Settings::default()
    }
}

#[test]
fn the_authorization_url_asks_for_a_token_with_the_client_id_first() {
    let default = "https://oauth.vk.com/authorize?client_id=54249533&redirect_uri=https%3A%2F%2Foauth.vk.com%2Fblank.html\
        &display=page&scope=video%2Cgroups%2Cwall&response_type=token&v=5.199";
    assert_eq!(Settings::default().authorization_url().as_str(), default);
    let sandbox = Settings { scope: String::new(), ..sandbox() };
    let expected = "http://127.0.0.1:8001/oauth/authorize?client_id=54249533\
        &redirect_uri=https%3A%2F%2Fapp.example%3A8443%2Fcb%2Fvk&display=page&response_type=token&v=5.199";
    assert_eq!(sandbox.authorization_url().as_str(), expected);
}

#[test]
fn instructions_name_the_scope() {
    let lines = [
        "1. Open authorization_url in browser",
        "2. Allow app permissions (video, groups, wall)",
        "3. Copy access_token from redirected URL",
        "4. POST to /api/v1/vk/token/submit",
    ];
    assert_eq!(Settings::default().instructions(), lines);
    for (scope, line) in [
        ("wall", "2. Allow app permissions (wall)"),
        ("wall, photos", "2. Allow app permissions (wall, photos)"),
        ("wall photos,,video", "2. Allow app permissions (wall, photos, video)"),
        ("270340", "2. Allow app permissions (270340)"),
        ("", "2. Allow app permissions"),
    ] {
        let settings = Settings { scope: scope.into(), ..Settings::default() };
        assert_eq!(settings.instructions()[1], line, "{scope:?}");
    }
}

#[test]
fn tokens_come_from_blank_html_an_emulated_vk_and_the_redirect_uri() {
    let at_vk_ru = Settings { oauth_url: constant("https://oauth.vk.ru"), ..Settings::default() };
    let lookalike = Settings { oauth_url: constant("https://myvk.ru"), ..Settings::default() };
    #[rustfmt::skip]
    let table: [(&str, Option<u16>, &str, [bool; 4]); 32] = [
        //                                            default, vk.ru, lookalike, sandbox
        ("oauth.vk.com", None, "/blank.html",         [true, true, true, true]),
        ("oauth.vk.ru", None, "/blank.html",          [true, true, true, true]),
        ("api.vk.com", None, "/blank.html",           [true, true, true, true]),
        ("vk.com", None, "/blank.html",               [true, true, true, true]),
        ("vk.ru", None, "/blank.html",                [true, true, true, true]),
        ("api.vk.ru", None, "/blank.html",            [true, true, true, false]),
        ("api.vk.ru", None, "/method/users.get",      [false; 4]),
        ("OAuth.VK.com", None, "/blank.html",         [true, true, true, true]),
        ("oauth.vk.com", Some(443), "/blank.html",    [true, true, true, true]),
        ("oauth.vk.com", Some(80), "/blank.html",     [true, true, true, true]),
        ("oauth.vk.com", Some(8080), "/blank.html",   [false; 4]),
        ("oauth.vk.com", None, "/",                   [false; 4]),
        ("oauth.vk.com", None, "",                    [false; 4]),
        ("oauth.vk.com", None, "/authorize",          [false; 4]),
        ("oauth.vk.com", None, "/blank.html/x",       [false; 4]),
        ("oauth.vk.com", None, "/BLANK.html",         [false; 4]),
        ("oauth.vk.ru", None, "/authorize",           [false; 4]),
        ("m.vk.com", None, "/blank.html",             [false; 4]),
        ("oauth.vk.com.evil.example", None, "/blank.html", [false; 4]),
        ("evil-vk.com", None, "/blank.html",          [false; 4]),
        ("", None, "/blank.html",                     [false; 4]),
        ("myvk.ru", None, "/anything",                [false, false, true, false]),
        ("myvk.ru", Some(443), "",                    [false, false, true, false]),
        ("myvk.ru", Some(80), "/anything",            [false; 4]),
        ("127.0.0.1", Some(8001), "/blank.html",      [false, false, false, true]),
        ("127.0.0.1", Some(8001), "",                 [false, false, false, true]),
        ("127.0.0.1", Some(8002), "/blank.html",      [false; 4]),
        ("127.0.0.1", None, "/blank.html",            [false; 4]),
        ("[::1]", Some(8002), "/blank.html",          [false, false, false, true]),
        ("APP.example", Some(8443), "/cb/vk",         [false, false, false, true]),
        ("app.example", Some(8443), "/cb/vk/",        [false; 4]),
        ("app.example", None, "/cb/vk",               [false; 4]),
    ];
    for (host, port, path, expected) in table {
        let place = Place { host, port, path };
        let found = [&Settings::default(), &at_vk_ru, &lookalike, &sandbox()].map(|settings| settings.is_ours(&place));
        assert_eq!(found, expected, "{place:?}");
    }
}
