//! A server of another shape: one task per connection on an async runtime. Each read has a timeout.

#![forbid(unsafe_code)]

use std::{env, io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

const BACKLOG: u32 = 4096;
const READ_SIZE: usize = 16 * 1024;
const TIMEOUT: Duration = Duration::from_mins(1);

#[tokio::main]
async fn main() -> io::Result<()> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let address: SocketAddr = address.parse().map_err(io::Error::other)?;
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.bind(address)?;
    let listener = socket.listen(BACKLOG)?;
    eprintln!("listening on {}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(echo(stream));
    }
}

async fn echo(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = vec![0; READ_SIZE];
    while let Ok(count) = timeout(TIMEOUT, stream.read(&mut buffer)).await {
        let count = count?;
        if count == 0 {
            break;
        }
        let text = &mut buffer[..count];
        text.make_ascii_uppercase();
        stream.write_all(text).await?;
    }
    Ok(())
}
