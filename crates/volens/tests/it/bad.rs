//! Wrong configurations, keys, databases, relays: each is answered with what to do.

use std::io::Write;
use std::os::unix::net::UnixStream;

use crate::house::House;

#[test]
fn the_configuration_is_checked_before_anything_runs() {
    let house = House::new();
    let toml = house.read("volens.toml");
    house.write("volens.toml", toml.replace("listen = ", "listne = "));
    let ran = house.run(&["serve"]);
    assert!(ran.failed(2).contains("http.listne: no such key; did you mean http.listen?"), "{ran:?}");
    house.write("volens.toml", "x = = 1");
    assert!(house.run(&["doctor"]).failed(2).contains("is not TOML"));
    std::fs::remove_file(house.path("volens.toml")).unwrap();
    assert!(house.run(&["serve"]).failed(2).contains("volens init"));
}

#[test]
fn a_key_that_is_open_missing_or_foreign() {
    let house = House::new();
    let other = House::new();
    let key = house.read("volens.key");
    house.write("volens.key", other.read("volens.key"));
    let foreign = house.run(&["campaign", "list"]);
    assert!(foreign.failed(1).contains("does not belong to this database"), "{foreign:?}");
    house.write("volens.key", key.replace('-', ""));
    assert_eq!(house.run(&["campaign", "list"]).code, 0, "hyphens do not matter");
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(house.path("volens.key"), std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(house.run(&["campaign", "list"]).failed(2).contains("chmod 600"));
    std::fs::remove_file(house.path("volens.key")).unwrap();
    assert!(house.run(&["serve"]).failed(2).contains("recovery line"));
}

#[test]
fn a_file_that_is_no_database_is_left_alone() {
    let house = House::new();
    house.write("data/volens.db", vec![b'x'; 8192]);
    let ran = house.run(&["campaign", "list"]);
    assert!(ran.failed(1).contains("cannot be used"), "{ran:?}");
    assert_eq!(std::fs::read(house.path("data/volens.db")).unwrap(), vec![b'x'; 8192]);
    let doctor = house.run(&["--json", "doctor"]);
    assert_eq!(doctor.code, 6);
    let database = doctor.any_json()["checks"].as_array().unwrap().iter().find(|c| c["name"] == "database").cloned();
    assert_eq!(database.unwrap()["state"], "fail");
}

#[test]
fn a_server_that_is_away_is_named_without_its_password() {
    let mut house = House::new();
    house.env.push(("VOLENS_DATABASE_URL".into(), "postgresql://u:hunter2@127.0.0.1:1/x".into()));
    let ran = house.run(&["campaign", "list"]);
    let message = ran.failed(5);
    assert!(message.contains("cannot be reached") && !message.contains("hunter2"), "{message}");
}

#[test]
fn a_port_or_a_folder_that_is_taken() {
    let house = House::new();
    let served = house.serve();
    let second = house.run(&["serve"]);
    let message = second.failed(5);
    assert!(message.contains("in use by another process") && message.contains(&served.pid().to_string()), "{message}");
    let port = served.addr("listen").to_string();
    let mut other = House::new();
    other.env[0].1.clone_from(&port);
    let ran = other.run(&["serve"]);
    assert!(ran.failed(1).contains(&port) && ran.err.contains("http.listen"), "{ran:?}");
}

#[test]
fn garbage_on_the_socket_harms_nobody() {
    let house = House::new();
    let served = house.serve();
    for garbage in [b"\n".as_slice(), b"{}\n", b"\xff\xfe\n", b"{\"ask\":\"fly\"}\n", b"no end", &[b'x'; 100_000]] {
        let mut socket = UnixStream::connect(house.path("data/volens.sock")).unwrap();
        let _ = socket.write_all(garbage);
        drop(socket);
    }
    let mut socket = UnixStream::connect(house.path("data/volens.sock")).unwrap();
    socket.write_all(b"{\"ask\":\"fly\"}\n").unwrap();
    let mut answer = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(&socket), &mut answer).unwrap();
    assert!(answer.contains("does not know this request"), "{answer}");
    assert_eq!(house.json(&["campaign", "list"]), serde_json::json!([]));
    served.stop();
}

#[test]
fn doctor_says_what_is_wrong_with_a_relay() {
    let mut house = House::new();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    house.relay(closed);
    let relay = |house: &House| {
        let ran = house.run(&["--json", "doctor"]);
        ran.any_json()["checks"].as_array().unwrap().iter().find(|c| c["name"] == "relay").cloned().unwrap()
    };
    let away = relay(&house);
    assert!(away["state"] == "fail" && away["what"].as_str().unwrap().contains("could not be reached"), "{away}");
    // One that speaks garbage.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    house.env.retain(|(k, _)| !k.starts_with("VOLENS_RELAY"));
    house.relay(listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for tcp in listener.incoming() {
            let _ = tcp.unwrap().write_all(b"SSH-2.0-OpenSSH_9.2\r\n");
        }
    });
    let odd = relay(&house);
    assert!(odd["state"] == "fail" && odd["what"].as_str().unwrap().contains("greeting"), "{odd}");
}
