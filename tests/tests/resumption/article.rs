//! The article's server, as far as its bytes go.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread,
};

/// Starts a server that lives as long as this process, and returns where it listens.
pub(crate) fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("a bound listener has an address");
    thread::spawn(move || {
        while let Ok((client, _)) = listener.accept() {
            thread::spawn(move || serve(&client));
        }
    });
    address.to_string()
}

/// It recognises a heartbeat only if nothing came with it, and answers it with nine bytes.
fn serve(mut client: &TcpStream) {
    let mut block = [0; 4096];
    while let Ok(count @ 1..) = client.read(&mut block) {
        let bytes = &mut block[..count];
        match &*bytes {
            b"HeartBeat" => bytes.copy_from_slice(b"OK\0rtBeat"),
            _ => bytes.make_ascii_uppercase(),
        }
        if client.write_all(bytes).is_err() {
            return;
        }
    }
}
