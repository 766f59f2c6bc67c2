//! What a case finds in its namespace: names, a name server, and addresses that do not answer.

use std::{fs, process::Command};

use tests::finished::run;

/// Addresses to which segments go, and from which nothing comes.
pub(crate) const DEAD: [&str; 2] = ["10.9.0.2", "10.9.0.3"];

/// The same, in the range that is reserved for documentation (RFC 3849).
pub(crate) const DEAD_IPV6: &str = "2001:db8::2";

/// Makes these the whole of `/etc/hosts`.
pub(crate) fn hosts(lines: &[&str]) {
    replace("/etc/hosts", &lines.join("\n"));
}

/// Makes all name servers dead.
pub(crate) fn dead_name_server() {
    network_with_dead_addresses();
    replace("/etc/resolv.conf", &format!("nameserver {}\noptions timeout:30 attempts:1", DEAD[0]));
    replace("/etc/nsswitch.conf", "hosts: dns");
}

/// Makes an interface `v0` with the addresses `10.9.0.1` and `fe80::1`, and behind it the dead
/// addresses. Their link-layer address is given, so nobody asks for it in vain.
pub(crate) fn network_with_dead_addresses() {
    shell("ip link add v0 type veth peer name v1");
    shell("ip addr add 10.9.0.1/24 dev v0 && ip addr add fe80::1/64 dev v0 nodad");
    shell("ip addr add 2001:db8::1/64 dev v0 nodad");
    shell("ip link set v0 up && ip link set v1 up");
    for address in DEAD.into_iter().chain([DEAD_IPV6]) {
        shell(&format!("ip neigh add {address} lladdr 02:00:00:00:00:02 dev v0 nud permanent"));
    }
}

/// Runs a shell's script in the namespace, in which this process is root.
pub(crate) fn shell(script: &str) {
    let finished = run(Command::new("sh").args(["-c", script])).expect("a shell starts");
    assert!(finished.status.success(), "{script}: {}", finished.log());
}

/// Puts a file of this content over another one. Only this namespace sees it.
fn replace(path: &str, content: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("file");
    fs::write(&file, format!("{content}\n")).expect("the folder is ours");
    // The mount keeps the file when the folder is gone.
    shell(&format!("mount --bind {} {path}", file.display()));
}
