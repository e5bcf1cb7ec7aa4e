//! Disks and addresses that the system does not give.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};
use truc_tests::programs::{OFFICES, Province, fails, one_sentence, program};
use truc_tests::support::{not_run, until};

/// Runs a script where it may mount without anybody else seeing it; none where the system forbids that.
fn with_mounts(script: &str, dir: &Path, node: &Path) -> Option<Output> {
    let sandbox = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-euc", script]).arg(node).arg(dir);
        command.envs([("TRUC_LANG", "en"), ("TRUC_DESK", "off")]).env_remove("RUST_LOG").output()
    };
    let probe = sandbox("mount -t tmpfs -o size=64k none /mnt");
    if !probe.is_ok_and(|probe| probe.status.success()) {
        not_run("full and read-only disks", "this system lets nobody mount in a namespace of their own");
        return None;
    }
    Some(sandbox(script).unwrap())
}

#[test]
fn a_full_disk_refuses_letters_and_keeps_what_it_acknowledged() {
    let province = Province::running();
    province.stop("1");
    let dir = province.dir("1");
    province.write("long.md", "Nội dung dài. ".repeat(8_000));
    // Leaves so many KiB, tries, makes room again.
    let script = "mount -t tmpfs -o size=8m none /mnt; cp -a $1/. /mnt/
        for free in 0 40 80 120 160 200 300 400 500 600 800 1200; do
            dd if=/dev/zero of=/mnt/filler bs=4k 2>/dev/null || true
            truncate -s -${free}K /mnt/filler
            exit=0
            $0 directive create --title Full-$free --text-file $1/../../long.md --to 40 --dir /mnt \
                >/dev/null || exit=$?
            echo $free $exit >>$1/../../exits
            rm /mnt/filler
            $0 directive list --dir /mnt >/dev/null
        done
        $0 directive create --title Room --to 40 --dir /mnt >/dev/null
        rm -r $1; cp -a /mnt $1";
    let Some(output) = with_mounts(script, &dir, &program("truc-node")) else { return };
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    let exits = fs::read_to_string(province.path().join("exits")).unwrap();
    let mut acknowledged = Vec::new();
    for line in exits.lines() {
        match line.split_once(' ').unwrap() {
            (free, "0") => acknowledged.push(format!("Full-{free}")),
            (_, exit) => assert_eq!(exit, "7", "{exits}{said}"),
        }
    }
    assert!(exits.starts_with("0 7"), "{exits}");
    assert!(said.lines().all(|line| line.contains("The disk is full")), "{said}");
    assert_eq!(said.lines().count(), exits.lines().count() - acknowledged.len(), "{said}");
    acknowledged.push("Room".to_owned());
    assert_eq!(province.titles("1"), acknowledged, "{exits}{said}");
    province.start("1");
    until("it has gone", || province.titles("40") == acknowledged);
    province.judge();
}

#[test]
fn a_disk_that_fills_up_under_a_running_node_is_told_and_it_goes_on_by_itself_when_there_is_room() {
    let province = Province::running();
    province.stop("1");
    let dir = province.dir("1");
    province.write("long.md", "Nội dung dài. ".repeat(8_000));
    let script = "mount -t tmpfs -o size=12m none /mnt; cp -a $1/. /mnt/
        out=$1/../..
        $0 serve --dir /mnt 2>$out/serve.log & serve=$!
        until [ -S /mnt/truc.sock ]; do sleep 0.05; done
        write() { $0 directive create --title $1 --text-file $out/long.md --to 40 --dir /mnt >/dev/null; }
        write Before
        cat /dev/zero >/mnt/filler 2>/dev/null || true
        exit=0; write Full || exit=$?
        echo $exit >$out/exit
        $0 directive list --dir /mnt >/dev/null
        $0 status --json --dir /mnt >$out/full.json || echo $? >$out/ill
        $0 status --dir /mnt >$out/full.txt || [ $? = 12 ]
        rm /mnt/filler
        # Nobody writes: it must find out by itself.
        for tick in $(seq 300); do
            $0 status --json --dir /mnt >$out/room.json || [ $? = 12 ]
            if ! $0 status --dir /mnt | grep -q 'goes on by itself'; then break; fi
            sleep 0.2
        done
        write Room
        kill -TERM $serve; wait $serve
        rm -r $1; cp -a /mnt $1";
    let Some(output) = with_mounts(script, &dir, &program("truc-node")) else { return };
    let said = String::from_utf8(output.stderr).unwrap();
    let read = |name: &str| fs::read_to_string(province.path().join(name)).unwrap();
    assert!(output.status.success(), "{said}{}", read("serve.log"));
    assert_eq!(read("exit"), "7\n", "{said}");
    assert!(said.contains("The disk is full"), "{said}");
    let health = |name: &str| -> serde_json::Value {
        serde_json::from_str::<serde_json::Value>(&read(name)).unwrap()["health"]["trouble"].clone()
    };
    assert_eq!((health("full.json"), read("ill").as_str()), ("full".into(), "12\n"));
    assert!(read("full.txt").contains("goes on by itself"), "{}", read("full.txt"));
    assert!(health("room.json").is_null(), "it did not go on within a minute");
    assert_eq!(province.titles("1"), ["Before", "Room"]);
    province.start("1");
    until("it has gone", || province.titles("40") == ["Before", "Room"]);
    province.judge();
}

#[test]
fn a_read_only_folder_is_read_and_told() {
    let province = Province::running();
    province.node("1", &["directive", "create", "--title", "Before", "--to", "40"]);
    let dir = province.dir("1");
    let read_only = "mount --bind $1 $1; mount -o remount,bind,ro $1; out=$1/../..";
    let reading = format!(
        "{read_only}; $0 status --json --dir $1 >$out/status.json || [ $? = 12 ]; $0 directive list --dir $1 >$out/list
        $0 log --dir $1; $0 search Before --dir $1; $0 account list --dir $1; $0 verify --dir $1
        $0 backup - --dir $1 >$out/piped.backup; $0 backup $out/1.backup --dir $1
        $0 export $out/archive --dir $1"
    );
    // With its log and index as a killed service leaves them, and as a stopped one does.
    for stop in [Province::kill, Province::stop] {
        stop(&province, "1");
        let Some(output) = with_mounts(&reading, &dir, &program("truc-node")) else { return };
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{said}");
        let read = |name: &str| fs::read_to_string(province.path().join(name)).unwrap();
        assert!(read("status.json").contains("\"trouble\":\"read-only\""), "{}", read("status.json"));
        assert!(read("list").contains("Before"), "{}", read("list"));
        for made in ["1.backup", "piped.backup"] {
            fs::remove_file(province.path().join(made)).unwrap();
        }
        fs::remove_dir_all(province.path().join("archive")).unwrap();
        province.start("1");
    }
    // The hub too: what people ask when a disk is ill is answered.
    let hub = province.dir("hub");
    let reading = format!(
        "{read_only}; $0 status --json --dir $1 >$1/../status.json || [ $? = 12 ]
        $0 office list --dir $1 >$1/../list; $0 office show 1 --dir $1; $0 question list --dir $1; $0 refill --dir $1
        $0 evidence --dir $1; $0 authority show --dir $1; $0 address list --dir $1; $0 clock show --dir $1"
    );
    let reading = reading.replace("out=$1/../..", "out=$1/..");
    for stop in [Province::kill, Province::stop] {
        stop(&province, "hub");
        let Some(output) = with_mounts(&reading, &hub, &program("truc-hub")) else { return };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let read = |name: &str| fs::read_to_string(province.path().join(name)).unwrap();
        assert!(read("status.json").contains("\"trouble\":\"read-only\""), "{}", read("status.json"));
        assert!(read("list").contains("Đảng ủy xã Một"), "{}", read("list"));
        province.start("hub");
    }
    province.stop("1");
    for args in ["directive create --title T --to 40", "rebuild-views"] {
        let script = format!("{read_only}; exec $0 {args} --dir $1");
        let Some(output) = with_mounts(&script, &dir, &program("truc-node")) else { return };
        one_sentence(&output, 7, "read-only");
    }
    // The desk comes up, and takes writes when the disk does.
    let serving = format!(
        "{read_only}; $0 serve --dir $1 --desk 127.0.0.1:0 2>$out/serve.log & serve=$!
        until grep -q 'only shows what is there' $out/serve.log; do sleep 0.05; done
        mount -o remount,bind,rw $1
        until [ -S $1/truc.sock ]; do sleep 0.05; done
        $0 directive create --title After --to 40 --dir $1 >/dev/null
        kill -TERM $serve; wait $serve"
    );
    let Some(output) = with_mounts(&serving, &dir, &program("truc-node")) else { return };
    let log = fs::read_to_string(province.path().join("serve.log")).unwrap();
    assert!(output.status.success(), "{}{log}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(province.titles("1"), ["Before", "After"]);
}

#[test]
fn a_file_in_place_of_the_folder_does_not_cost_the_code() {
    let province = Province::new(OFFICES);
    province.start("hub");
    let code = province.code("1");
    let file = province.write("file", "x");
    fails("truc-node", &file, &["enrol", &code], 3, "A file stands where a folder should be");
    assert_eq!(fs::read(&file).unwrap(), b"x");
    province.node("1", &["enrol", &code]);
}

#[test]
fn a_port_in_use_is_told_with_its_address() {
    let province = Province::new(OFFICES);
    let configured = fs::read_to_string(province.dir("hub").join("hub.toml")).unwrap();
    for key in ["listen = ", "enrol_listen = "] {
        let address = configured.lines().find_map(|line| line.strip_prefix(key)).unwrap().trim_matches('"');
        let taken = TcpListener::bind(address).unwrap();
        fails("truc-hub", &province.dir("hub"), &["serve"], 9, address);
        drop(taken);
    }
    province.start("hub");
}
