//! A private Postfix on loopback, with Dovecot to check passwords: Debian's programs, our own folders and ports.
//!
//! A shell keeps both. It holds the read end of a pipe that this process writes to: whatever becomes of the process, the
//! pipe's end makes the shell stop both servers and remove the folder.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

/// The login that Dovecot knows.
pub const USER: &str = "volens";
/// Its password.
pub const PASSWORD: &str = "a long pass phrase";
/// The domain whose mail lands in the folder that [`Postfix::mails`] reads.
pub const DOMAIN: &str = "people.example";

const INSTALL: &str = "tests against a real relay need Postfix and Dovecot: run `apt-get install -y --no-install-recommends \
                       postfix dovecot-core` as root, or `cargo xtask test`, which installs what is missing";

const KEEPER: &str = r#"
    folder="$1"
    {
        auth=
        if /usr/sbin/postfix -c "$folder/conf" start; then
            /usr/sbin/dovecot -F -c "$folder/conf/dovecot.conf" & auth=$!
            for n in $(seq 200); do [ -S "$folder/queue/private/auth" ] && break; sleep 0.05; done
            if [ -S "$folder/queue/private/auth" ]; then echo ready >&3; else echo failed >&3; fi
        else
            echo failed >&3
        fi
        exec 3>&-
        cat >/dev/null
        /usr/sbin/postfix -c "$folder/conf" stop
        [ -n "$auth" ] && kill "$auth" && wait "$auth"
    } 3>&1 >>"$folder/start.log" 2>&1
    rm -rf "$folder"
"#;

/// A running Postfix. Dropping it stops it and removes its folder.
#[derive(Debug)]
pub struct Postfix {
    folder: PathBuf,
    ports: Vec<u16>,
    keeper: Child,
    /// Closed first of all: that is the sign to stop.
    alive: Option<ChildStdin>,
}

impl Postfix {
    /// Starts one with an SMTP service for each entry of `services`, its own settings in it as `name=value` with spaces
    /// between them. Without any, a service wants STARTTLS and a login. The error says what to do.
    pub fn start(services: &[&str]) -> Result<Self, String> {
        if !["/usr/sbin/postfix", "/usr/sbin/dovecot"].iter().all(|program| Path::new(program).exists()) {
            return Err(INSTALL.to_owned());
        }
        let mut last = String::new();
        // Somebody else may take a port before Postfix does.
        for _ in 0..3 {
            match Self::attempt(services) {
                Ok(postfix) => return Ok(postfix),
                Err(why) => last = why,
            }
        }
        Err(format!("Postfix did not start (it must be started as root):\n{last}"))
    }

    fn attempt(services: &[&str]) -> Result<Self, String> {
        let text = |e: std::io::Error| e.to_string();
        let folder = tempfile::Builder::new().prefix("volens-postfix-").tempdir().map_err(text)?.keep();
        let ports = write_folder(&folder, services).inspect_err(|_| drop(fs::remove_dir_all(&folder)))?;
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, "volens-postfix-keeper"]).arg(&folder).current_dir("/");
        // A group of its own: what ends the test from the terminal must not end its keeper.
        keeper.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        let mut keeper = keeper.spawn().map_err(text)?;
        let said = keeper.stdout.take();
        let mut postfix = Self { folder, ports, alive: keeper.stdin.take(), keeper };
        let mut line = String::new();
        if let Some(said) = said {
            BufReader::new(said).read_line(&mut line).map_err(text)?;
        }
        if line.trim() == "ready" {
            return Ok(postfix);
        }
        let started = fs::read_to_string(postfix.folder.join("start.log")).unwrap_or_default();
        let why = format!("{started}{}", postfix.log());
        postfix.end();
        Err(why)
    }

    /// The port of the service with that index.
    #[must_use]
    pub fn port(&self, service: usize) -> u16 {
        self.ports[service]
    }

    /// The certificate of all its services, for `localhost`: a PEM file.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.folder.join("cert.pem")
    }

    /// What Postfix and Dovecot have written to their logs.
    #[must_use]
    pub fn log(&self) -> String {
        let read = |name| fs::read_to_string(self.folder.join("log").join(name)).unwrap_or_default();
        read("mail.log") + &read("dovecot.log")
    }

    /// The messages that were delivered, whole, in no order.
    #[must_use]
    pub fn mails(&self) -> Vec<String> {
        let Ok(new) = fs::read_dir(self.folder.join("mail/all/new")) else { return Vec::new() };
        let read = |path: PathBuf| fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        new.flatten().filter_map(|entry| read(entry.path()).ok()).collect()
    }

    /// From now on, for each new connection: lines of `address answer`, for example `a@people.example 450 4.2.0 busy`.
    pub fn answer(&self, recipients: &str) -> Result<(), String> {
        let text = |e: std::io::Error| e.to_string();
        fs::write(self.folder.join("conf/recipients"), recipients).map_err(text)?;
        let mut reload = Command::new("/usr/sbin/postfix");
        let out = reload.arg("-c").arg(self.folder.join("conf")).arg("reload").output().map_err(text)?;
        if out.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&out.stderr).into_owned()) }
    }

    fn end(&mut self) {
        drop(self.alive.take());
        let _ = self.keeper.wait();
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        self.end();
    }
}

/// Everything that the two servers need; gives the ports.
fn write_folder(folder: &Path, services: &[&str]) -> Result<Vec<u16>, String> {
    let io = |e: std::io::Error| format!("{}: {e}", folder.display());
    // Postfix's own user walks through it.
    fs::set_permissions(folder, Permissions::from_mode(0o711)).map_err(io)?;
    for name in ["conf", "queue", "data", "mail", "dovecot", "log"] {
        fs::create_dir(folder.join(name)).map_err(io)?;
    }
    for (user, name) in [("postfix", "data"), ("nobody", "mail")] {
        let chown = Command::new("chown").arg(user).arg(folder.join(name)).status().map_err(io)?;
        if !chown.success() {
            return Err(format!("{} could not be given to the user {user}: {INSTALL}", folder.join(name).display()));
        }
    }
    let listeners: Result<Vec<TcpListener>, _> = services.iter().map(|_| TcpListener::bind(("127.0.0.1", 0))).collect();
    let ports: Result<Vec<u16>, _> = listeners.map_err(io)?.iter().map(|l| l.local_addr().map(|a| a.port())).collect();
    let ports = ports.map_err(io)?;
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).map_err(|e| e.to_string())?;
    let d = folder.display();
    for (name, text) in [
        ("cert.pem", made.cert.pem()),
        ("key.pem", made.signing_key.serialize_pem()),
        ("conf/main.cf", format!("{}{MAIN}", main_places(folder))),
        ("conf/master.cf", master(services, &ports)),
        ("conf/recipients", String::new()),
        ("conf/users", format!("{USER}:{{plain}}{PASSWORD}\n")),
        ("conf/dovecot.conf", DOVECOT.replace("FOLDER", &d.to_string())),
    ] {
        fs::write(folder.join(name), text).map_err(io)?;
    }
    fs::set_permissions(folder.join("key.pem"), Permissions::from_mode(0o600)).map_err(io)?;
    Ok(ports)
}

fn main_places(folder: &Path) -> String {
    let d = folder.display();
    format!(
        "queue_directory = {d}/queue\ndata_directory = {d}/data\nmaillog_file = {d}/log/mail.log\n\
         maillog_file_prefixes = {d}\nvirtual_mailbox_base = {d}/mail\nvirtual_mailbox_domains = {DOMAIN}\n\
         smtpd_tls_cert_file = {d}/cert.pem\nsmtpd_tls_key_file = {d}/key.pem\n\
         smtpd_recipient_restrictions = check_recipient_access texthash:{d}/conf/recipients, \
         permit_sasl_authenticated, reject\n"
    )
}

const MAIN: &str = "compatibility_level = 3.6
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relay.test
mydestination =
local_recipient_maps =
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtpd_peername_lookup = no
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_tls_loglevel = 1
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_data_restrictions = reject_unauth_pipelining
";

fn master(services: &[&str], ports: &[u16]) -> String {
    let mut out = String::new();
    for (service, port) in services.iter().zip(ports) {
        out.push_str(&format!("127.0.0.1:{port} inet n - n - - smtpd"));
        for setting in service.split_whitespace() {
            out.push_str(&format!(" -o {setting}"));
        }
        out.push('\n');
    }
    out + MASTER
}

const MASTER: &str = "cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
";

const DOVECOT: &str = "protocols =
base_dir = FOLDER/dovecot
state_dir = FOLDER/dovecot
log_path = FOLDER/log/dovecot.log
ssl = no
auth_mechanisms = plain
auth_failure_delay = 0
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
passdb {
  driver = passwd-file
  args = scheme=plain FOLDER/conf/users
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=/nonexistent
}
service auth {
  unix_listener FOLDER/queue/private/auth {
    mode = 0660
    user = postfix
    group = postfix
  }
}
";
