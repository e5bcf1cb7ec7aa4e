//! An authority of the province: the worked example of `deploy/README.md`, its own lines, run to the end.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use truc_tests::programs::{OFFICES, Province, letter, program};
use truc_tests::support::{not_run, until};

/// The lines of the example: four pieces of shell, for the hub's machine and for the province's authority.
fn example() -> Vec<String> {
    let text = include_str!("../../../deploy/README.md");
    let (_, section) = text.split_once("### An authority of the province").unwrap();
    let pieces = section.split("```sh\n").skip(1);
    pieces.map(|piece| piece.split("```").next().unwrap().to_owned()).collect()
}

/// Runs a piece in a folder as its reader would, but without users, systemd and DNS.
#[track_caller]
fn follow(piece: &str, folder: &Path, hub: &Path, address: &str, enrol: &str) {
    let lines = piece
        .replace("sudo -u truc-hub ", "")
        .replace("sudo systemctl reload truc-hub", "true")
        .replace("/var/lib/truc-hub", hub.to_str().unwrap())
        .replace("hub.nghean.example:7443", address)
        .replace("hub.nghean.example:7444", enrol)
        .replace("hub.nghean.example", "localhost");
    let path = program("truc-hub").parent().unwrap().display().to_string();
    let path = format!("{path}:{}", std::env::var("PATH").unwrap());
    let ran =
        Command::new("sh").arg("-ec").arg(&lines).current_dir(folder).env("PATH", path).output().unwrap();
    assert!(ran.status.success(), "{lines}: {}", String::from_utf8_lossy(&ran.stderr));
}

/// Runs openssl, which must agree.
#[track_caller]
fn openssl(folder: &Path, args: &[&str]) -> String {
    let ran = Command::new("openssl").args(args).current_dir(folder).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.status.success(), "{args:?}: {said} {}", String::from_utf8_lossy(&ran.stderr));
    said
}

/// Carries files from one machine to another.
fn carry(from: &Path, to: &Path, names: &[&str]) {
    for name in names {
        fs::copy(from.join(name), to.join(name)).unwrap();
    }
}

#[test]
fn the_worked_example_of_an_authority_of_the_province_works() {
    if Command::new("openssl").arg("version").output().is_err() {
        return not_run("the worked example of an authority of the province", "there is no openssl here");
    }
    let pieces = example();
    let [request, sign, init, server] = &pieces[..] else { panic!("four pieces: {pieces:?}") };
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let subject = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    let made =
        ["-keyout", "root.key", "-out", "root.crt", "-days", "7300", "-subj", "/CN=Root of the province"];
    openssl(root, &[&subject[..], &made].concat());
    let mut addresses = (String::new(), String::new());
    let province = Province::made(OFFICES, |province, address, enrol| {
        let of = |address: &str| address.replace("127.0.0.1", "localhost");
        addresses = (of(address), of(enrol));
        let hub = province.dir("hub");
        fs::create_dir(&hub).unwrap();
        follow(request, &hub, &hub, &addresses.0, &addresses.1);
        carry(&hub, root, &["authority.csr"]);
        follow(sign, root, &hub, &addresses.0, &addresses.1);
        carry(root, &hub, &["intermediate.crt", "root.crt"]);
        follow(init, &hub, &hub, &addresses.0, &addresses.1);
    });
    let hub = province.dir("hub");

    // Under the intermediate: a machine enrols with a code that carries the root, and works.
    province.start("hub");
    for code in ["40", "1"] {
        province.enrol(code);
        province.start(code);
        until("it is on", || province.standing(code) == "on");
    }
    let trusted = fs::read_to_string(province.dir("1").join("identity/authority.crt")).unwrap();
    assert_eq!(trusted.trim(), fs::read_to_string(root.join("root.crt")).unwrap().trim(), "the root alone");
    let leaf = province.dir("1").join("identity/tls.crt");
    fs::copy(hub.join("intermediate.crt"), root.join("hub.crt")).unwrap();
    openssl(root, &["verify", "-CAfile", "root.crt", "-untrusted", "hub.crt", leaf.to_str().unwrap()]);
    until("it knows the offices", || letter(&province.dir("1"), "Under the root", "40"));
    until("it arrives", || province.titles("40") == ["Under the root"]);

    // The hub's own certificate from the province too; both sides of the example in turn.
    let lines: Vec<&str> = server.lines().collect();
    let at = lines.iter().position(|line| line.contains("printf")).unwrap();
    let end = lines.iter().position(|line| line.contains("systemctl")).unwrap();
    follow(&lines[..at].join("\n"), &hub, &hub, &addresses.0, &addresses.1);
    carry(&hub, root, &["server.csr"]);
    follow(&lines[at..end].join("\n"), root, &hub, &addresses.0, &addresses.1);
    assert_eq!(province.hub(&["status"])["certificate"]["external"], false, "not yet in use");
    carry(root, &hub, &["server.crt"]);
    province.reload("hub");
    until("it is in use", || province.hub(&["status"])["certificate"]["external"] == true);
    // It asks for a certificate that openssl has not, so that only what it showed before is of interest.
    let look = ["s_client", "-connect", &addresses.0, "-CAfile", "root.crt"];
    let looked = Command::new("openssl").args(look).current_dir(root).stdin(Stdio::null()).output().unwrap();
    let shown = String::from_utf8_lossy(&looked.stdout);
    assert!(shown.contains("Verification: OK") && shown.contains("CN = localhost"), "{shown}");
    assert_eq!(province.standing("1"), "on", "nobody was cut off");
    for code in ["40", "1"] {
        province.stop(code);
        province.start(code);
        until("it believes the new one", || province.standing(code) == "on");
    }
    province.enrol("2");
    province.start("2");
    until("it enrols with that one", || province.standing("2") == "on");

    // Before the intermediate ends: another one under the same root, which nobody needs to follow.
    let new = province.path().join("new");
    fs::create_dir(&new).unwrap();
    let ours = request.replace("cd /var/lib/truc-hub", "true");
    follow(&ours, &new, &hub, &addresses.0, &addresses.1);
    carry(&new, root, &["authority.csr"]);
    follow(sign, root, &hub, &addresses.0, &addresses.1);
    let chain = ["intermediate.crt", "root.crt"].map(|name| fs::read_to_string(root.join(name)).unwrap());
    fs::write(new.join("authority.crt"), chain.concat()).unwrap();
    let rolled = province.hub(&["authority", "roll", "--from", new.to_str().unwrap()]);
    assert_eq!(rolled["waiting"], serde_json::json!([]), "{rolled}");
    province.hub(&["authority", "retire"]);
    for code in ["40", "1", "2"] {
        province.stop(code);
        province.start(code);
        until("its certificate of the older one still counts under the root", || {
            province.standing(code) == "on"
        });
    }
    assert!(letter(&province.dir("2"), "Afterwards", "40"));
    until("it arrives", || province.titles("40").contains(&"Afterwards".to_owned()));
    province.judge();
}
