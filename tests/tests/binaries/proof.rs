//! `verify` and `export` with the real programs, and the archive checked by hand as its README tells, with tools that
//! know nothing of Trục.

use std::fs;
use std::path::Path;
use std::process::Command;

use truc_tests::programs::{Province, ask, fails, letter, run};
use truc_tests::support::{not_run, until};

/// Columns of an index.
const OFFICE: usize = 1;
const PREV: usize = 5;
const HASH: usize = 6;
const SIGNATURE: usize = 7;
const FILE: usize = 8;
const OFFSET: usize = 9;
const HEADER: usize = 10;
const BODY: usize = 11;

fn shell(dir: &Path, script: &str) -> String {
    let done =
        Command::new("bash").args(["-euo", "pipefail", "-c", script]).current_dir(dir).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{script}\n{said}");
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn a_store_is_verified_and_exported_while_it_is_served_and_the_archive_proves_itself() {
    let province = Province::running();
    assert!(letter(&province.dir("1"), "Báo cáo nhanh", "40"));
    until("it is there", || province.titles("40") == ["Báo cáo nhanh"]);
    // The last entry is the province's: that the letter has arrived.
    province.rest();
    for (program, name) in [("truc-node", "1"), ("truc-node", "40"), ("truc-hub", "hub")] {
        let found = ask(program, &province.dir(name), &["verify"]);
        assert_eq!((&found["verified"], &found["faults"]), (&true.into(), &0.into()), "{found}");
    }
    let archive = province.path().join("archive");
    let made = ask("truc-hub", &province.dir("hub"), &["export", archive.to_str().unwrap()]);
    assert_eq!(made["unvouched"], false);
    fails("truc-hub", &province.dir("hub"), &["export", archive.to_str().unwrap()], 3, "Nothing was written");

    // Anybody, anywhere, with nothing but the authority's certificate.
    let nowhere = province.path().join("nowhere");
    fs::create_dir(&nowhere).unwrap();
    let authority =
        province.write("authority.crt", fs::read(province.dir("hub").join("authority.crt")).unwrap());
    let verify = ["verify", archive.to_str().unwrap(), "--authority", authority.to_str().unwrap()];
    for program in ["truc-node", "truc-hub"] {
        let found = ask(program, &nowhere, &verify);
        assert_eq!(found["verified"], true, "{found}");
        assert!(found["receipts"].as_u64().unwrap() >= 2);
    }
    assert_eq!(fs::read_dir(&nowhere).unwrap().count(), 0, "it only reads");
    fails("truc-node", &nowhere, &verify[..2], 3, "--authority");
    fails(
        "truc-node",
        &nowhere,
        &["verify", nowhere.to_str().unwrap(), verify[2], verify[3]],
        3,
        "no archive of",
    );
    by_hand(&archive, &authority);

    // Somebody changes one byte of one entry.
    let file = archive.join("data/entries/000001.bin");
    let mut bytes = fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&file, bytes).unwrap();
    let told = run("truc-node", &nowhere, &verify);
    let said = String::from_utf8(told.stdout).unwrap();
    assert_eq!(told.status.code(), Some(6), "{said}");
    assert!(said.contains("NOT verified") && said.contains("Tỉnh ủy, incarnation"), "{said}");
    assert!(said.contains("its bytes do not have the hash"), "{said}");
    province.judge();
}

/// What README.txt of the archive tells people to do.
fn by_hand(archive: &Path, authority: &Path) {
    if let Some(tool) = ["openssl", "xxd"].iter().find(|tool| Command::new(tool).arg("-v").output().is_err())
    {
        return not_run("an archive checked by hand", &format!("there is no {tool} here"));
    }
    shell(archive, "sha256sum --quiet -c manifest-sha256.txt && sha256sum --quiet -c tagmanifest-sha256.txt");
    let authority = authority.to_str().unwrap();
    shell(
        archive,
        &format!(
            "openssl verify -no_check_time -CAfile {authority} data/certificates/hub-key-1.crt
             openssl x509 -in data/certificates/hub-key-1.crt -pubkey -noout > ../hub.pem"
        ),
    );
    let index = fs::read_to_string(archive.join("data/index.csv")).unwrap();
    // The newest entry is the commune's; its columns up to the length are cut at commas.
    let row: Vec<&str> = index.lines().last().unwrap().split(',').collect();
    let keys = fs::read_to_string(archive.join("data/keys.csv")).unwrap();
    let key = keys.lines().find(|line| line.starts_with(row[OFFICE])).unwrap().split(',').nth(2).unwrap();
    shell(
        archive,
        &format!(
            "(printf 302a300506032b6570032100; printf {key}) | xxd -r -p |
               openssl pkey -pubin -inform DER -out ../office.pem"
        ),
    );
    let hash = shell(
        archive,
        &format!(
            "tail -c +$(({offset}+1)) {file} | head -c {header} > ../header
             tail -c +$(({offset}+{header}+1)) {file} | head -c {body} > ../body
             (printf 'truc/body/1\\0'; cat ../body) | sha256sum | head -c 64 | xxd -r -p > ../body-hash
             (printf 'truc/entry/2\\0'; printf {prev} | xxd -r -p; cat ../body-hash ../header) | sha256sum",
            offset = row[OFFSET],
            file = row[FILE],
            header = row[HEADER],
            body = row[BODY],
            prev = row[PREV]
        ),
    );
    assert_eq!(hash.split(' ').next(), Some(row[HASH]));
    shell(
        archive,
        &format!(
            "(printf 'truc/sign/2\\0'; printf {} | xxd -r -p) > ../signed
             printf {} | xxd -r -p > ../signature
             openssl pkeyutl -verify -pubin -inkey ../office.pem -rawin -in ../signed -sigfile ../signature",
            row[HASH], row[SIGNATURE]
        ),
    );
    let receipts = fs::read_to_string(archive.join("data/receipts.csv")).unwrap();
    let receipt: Vec<&str> = receipts.lines().nth(1).unwrap().split(',').collect();
    let signed = format!(
        "printf {} | xxd -r -p > ../signed; printf {} | xxd -r -p > ../signature
         openssl pkeyutl -verify -pubin -inkey ../hub.pem -rawin -in ../signed -sigfile ../signature",
        receipt[7], receipt[8]
    );
    shell(archive, &signed);
    let seal = fs::read_to_string(archive.join("seal.txt")).unwrap();
    let field = |name: &str| {
        seal.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap().to_owned()
    };
    let manifest = shell(archive, "sha256sum manifest-sha256.txt");
    assert_eq!(manifest.split(' ').next(), Some(&*field("manifest")));
    assert!(field("signed").ends_with(&field("manifest")));
    let signed = format!(
        "printf {} | xxd -r -p > ../signed; printf {} | xxd -r -p > ../signature
         openssl pkeyutl -verify -pubin -inkey ../hub.pem -rawin -in ../signed -sigfile ../signature",
        field("signed"),
        field("signature")
    );
    shell(archive, &signed);
    if Command::new("protoc").arg("--version").output().is_err() {
        return not_run("an archive decoded by protoc", "there is no protoc here");
    }
    let said =
        shell(archive, "protoc -I data/format --decode truc.v1.Content truc/v1/entry.proto < ../content");
    assert!(said.contains("ledger"), "{said}");
}
