//! `HOST:PORT`: how it is read, and which addresses it stands for. Both programs and the load
//! find their addresses here.
//!
//! The host is an IPv4 address, an IPv6 address in brackets, or a name. An IPv6 address may have
//! a zone (RFC 4007), which is a network interface: `[fe80::1%eth0]:5005`. A link-local address
//! needs one, because each interface has its own link.

use std::{
    fmt, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6, ToSocketAddrs as _},
};

/// What std puts before the resolver's own words.
const PREFIX: &str = "failed to lookup address information: ";

enum Host<'a> {
    V4(Ipv4Addr),
    V6 { ip: Ipv6Addr, zone: Option<&'a str> },
    Name(&'a str),
}

/// Why a `HOST:PORT` stands for no address.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The text is no `HOST:PORT`; the string says what is wrong with it.
    #[error("{0}")]
    Shape(String),
    /// The zone is no network interface.
    #[error(
        "there is no network interface '{zone}' here{}",
        if cfg!(unix) { "; `ip link` or `ifconfig` lists them" } else { "; give its number" }
    )]
    NoInterface {
        /// The zone as it was given.
        zone: String,
    },
    /// The system's resolver knows no address of the host.
    #[error(
        "the host name {host} cannot be resolved ({reason}); check its spelling and the name \
         server, or give an IP address"
    )]
    Unknown {
        /// The host's name.
        host: String,
        /// What the resolver says.
        reason: String,
    },
}

/// Checks the shape of a `HOST:PORT`. Whether the host exists shows only when it is used.
///
/// # Errors
/// The error says what is wrong with the text.
pub fn check(text: &str) -> Result<(), String> {
    parse(text).map(|_| ())
}

/// Whether the host of a `HOST:PORT` is a name, which takes a resolver that may block.
pub fn is_name(text: &str) -> bool {
    matches!(parse(text), Ok((Host::Name(_), _)))
}

/// All addresses that a `HOST:PORT` stands for, each once, in the order of the system's resolver.
/// There is at least one.
///
/// This may block for as long as a name server takes.
///
/// # Errors
/// When the text is no `HOST:PORT`, its zone is no network interface, or the resolver knows no
/// address of the host.
pub fn resolve(text: &str) -> Result<Vec<SocketAddr>, ResolveError> {
    let (host, port) = parse(text).map_err(ResolveError::Shape)?;
    let host = match host {
        Host::V4(ip) => return Ok(vec![(ip, port).into()]),
        Host::V6 { ip, zone } => {
            let scope = zone.map_or(Ok(0), scope_id)?;
            return Ok(vec![canonical(SocketAddrV6::new(ip, port, 0, scope).into())]);
        }
        Host::Name(host) => host,
    };
    let unknown = |reason: &str| ResolveError::Unknown {
        host: host.to_owned(),
        reason: reason.trim_start_matches(PREFIX).to_owned(),
    };
    let found = (host, port).to_socket_addrs().map_err(|error| unknown(&error.to_string()))?;
    let addresses = each_once(found.map(canonical));
    if addresses.is_empty() { Err(unknown("it has no address")) } else { Ok(addresses) }
}

/// Whether this is a link-local address without a zone, to which nothing can be sent.
pub fn lacks_zone(address: &SocketAddr) -> bool {
    matches!(address, SocketAddr::V6(it) if it.ip().is_unicast_link_local() && it.scope_id() == 0)
}

/// What to do about an address for which [`lacks_zone`] holds.
pub const ZONE_MISSING: &str =
    "; a link-local address needs its network interface, as in [fe80::1%eth0]:5005";

fn parse(text: &str) -> Result<(Host<'_>, u16), String> {
    if text.starts_with('[') && text.ends_with(']') {
        return Err(format!("the port is missing; an address is HOST:PORT, here {text}:5005"));
    }
    let (host, port) =
        text.rsplit_once(':').ok_or("an address is HOST:PORT, for example 127.0.0.1:5005")?;
    if host.is_empty() {
        return Err("the host before ':' is missing; an address is HOST:PORT".to_owned());
    }
    let port =
        port.parse().map_err(|_| format!("'{port}' is not a port: a number from 0 to 65535"))?;
    let host = if let Some(rest) = host.strip_prefix('[') {
        let inside = rest.strip_suffix(']').ok_or("the ']' after the IPv6 address is missing")?;
        let (ip, zone) = match inside.split_once('%') {
            Some((_, "")) => {
                return Err("the interface after '%' is missing, as in [fe80::1%eth0]:5005".into());
            }
            Some((ip, zone)) => (ip, Some(zone)),
            None => (inside, None),
        };
        let ip = ip.parse().map_err(|_| format!("'{ip}' in brackets is not an IPv6 address"))?;
        Host::V6 { ip, zone }
    } else if host.contains(':') {
        return Err("an IPv6 address stands in brackets, as in [::1]:5005".to_owned());
    } else {
        host.parse().map_or(Host::Name(host), Host::V4)
    };
    Ok((host, port))
}

/// The number of a network interface that is given by its name or its number.
#[cfg(unix)]
fn scope_id(zone: &str) -> Result<u32, ResolveError> {
    use nix::net::if_::{if_indextoname, if_nametoindex};

    // For a number without an interface, nix returns an empty name instead of an error.
    let exists = |number| if_indextoname(number).is_ok_and(|name| !name.is_empty());
    let by_number = || zone.parse().ok().filter(|&number| exists(number));
    let found = if_nametoindex(zone).ok().or_else(by_number);
    found.ok_or_else(|| ResolveError::NoInterface { zone: zone.to_owned() })
}

#[cfg(not(unix))]
fn scope_id(zone: &str) -> Result<u32, ResolveError> {
    zone.parse().map_err(|_| ResolveError::NoInterface { zone: zone.to_owned() })
}

/// An IPv4 address that is written as an IPv6 one (`::ffff:127.0.0.1`) is an IPv4 address, also
/// where IPv6 is off.
fn canonical(address: SocketAddr) -> SocketAddr {
    match address.ip().to_canonical() {
        ip @ IpAddr::V4(_) => SocketAddr::new(ip, address.port()),
        IpAddr::V6(_) => address, // with its zone
    }
}

/// A resolver may name an address twice, such as for two lines in `/etc/hosts`.
fn each_once(addresses: impl Iterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let mut once = Vec::new();
    for address in addresses {
        if !once.contains(&address) {
            once.push(address);
        }
    }
    once
}

/// The addresses that were tried, and why each failed.
#[derive(Debug, Default)]
pub struct Failures(pub Vec<(SocketAddr, io::Error)>);

impl Failures {
    /// Whether each of these addresses failed for one of these reasons.
    pub fn all(&self, kinds: &[io::ErrorKind]) -> bool {
        self.0.iter().all(|(_, error)| kinds.contains(&error.kind()))
    }

    /// Whether one of the addresses failed for this reason.
    pub fn any(&self, kind: io::ErrorKind) -> bool {
        self.0.iter().any(|(_, error)| error.kind() == kind)
    }

    /// Whether one of the addresses is link-local and has no zone.
    pub fn any_lacks_zone(&self) -> bool {
        self.0.iter().any(|(address, _)| lacks_zone(address))
    }
}

/// The reason alone if there is one address; else `tried A (reason), B (reason) and C (reason)`.
impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [(_, only)] = &self.0[..] {
            return only.fmt(f);
        }
        f.write_str("tried ")?;
        for (index, (address, error)) in self.0.iter().enumerate() {
            match index {
                0 => {}
                _ if index + 1 == self.0.len() => f.write_str(" and ")?,
                _ => f.write_str(", ")?,
            }
            let reason = error.to_string();
            let reason = reason.split(" (os error").next().unwrap_or_default();
            write!(f, "{address} ({reason})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failures {}
