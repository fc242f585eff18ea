//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::request::EXIT_CODES;

/// Consent-first e-mail: people say yes, you can prove it, and a no counts at once.
#[derive(Debug, Parser)]
#[command(name = "volens", version, after_help = EXIT_CODES, propagate_version = true)]
pub struct Cli {
    /// The configuration (default: $VOLENS_CONFIG, or volens.toml here)
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// The workspace, when there are several
    #[arg(long, global = true, value_name = "NAME")]
    pub workspace: Option<String>,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a configuration, a master key, a first workspace and an example letter
    Init(InitArgs),
    /// A bakery with ten thousand readers on this machine, with a mail catcher: try everything, nothing leaves
    Demo(crate::demo::DemoArgs),
    /// The demo's server
    #[command(hide = true)]
    DemoServer(crate::demo::ServerArgs),
    /// Serve the pages and send what waits, until a signal
    Serve,
    /// Bring in people from a CSV file; without provenance they are never written to
    Import(ImportArgs),
    /// People
    #[command(subcommand)]
    Contact(ContactCommand),
    /// Campaigns
    #[command(subcommand)]
    Campaign(CampaignCommand),
    /// The consent log
    #[command(subcommand)]
    Consent(ConsentCommand),
    /// Check database, clock, relay, addresses and key
    Doctor(DoctorArgs),
}

/// `volens doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Take up once more the sign-ups that were put aside
    #[arg(long)]
    pub retry_signups: bool,
}

/// `volens init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Where it goes
    #[arg(default_value = ".")]
    pub folder: PathBuf,
    /// Where the pages will be
    #[arg(long, value_name = "URL", default_value = "http://localhost:8080")]
    pub base_url: String,
    /// Who writes: the legal name (default: the workspace's name)
    #[arg(long, value_name = "NAME")]
    pub legal_name: Option<String>,
    /// The postal address at the foot of each letter
    #[arg(long, value_name = "ADDRESS")]
    pub postal_address: Option<String>,
    /// Where letters come from and answers go
    #[arg(long, value_name = "ADDRESS")]
    pub email: Option<String>,
    /// The country that you write from, two letters
    #[arg(long, value_name = "CODE")]
    pub country: Option<String>,
    /// The zone in which times are told
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub zone: String,
    /// A PostgreSQL URL instead of SQLite
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
    /// Write configuration, letter and an empty database anew; never the master key
    #[arg(long)]
    pub force: bool,
    /// Note that a copy of the recovery line is kept elsewhere, and do nothing else
    #[arg(long)]
    pub confirm_key_copied: bool,
}

/// `volens import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// A CSV file in UTF-8 with a header: email, and if you have them name, language, country, date
    pub file: PathBuf,
    /// What you call this source; letters name it to their readers (default: the file's name)
    #[arg(long, value_name = "NAME")]
    pub source_name: Option<String>,
    /// How the addresses were obtained: form, counter, event, transaction, handed_over, partner, import ...
    #[arg(long, value_name = "HOW")]
    pub obtained: Option<String>,
    /// How people said yes: active, passive (pre-ticked), silence (said nothing)
    #[arg(long, value_name = "MODE")]
    pub mode: Option<String>,
    /// How well it is proven: claimed, imported_with_file, single (one recorded act), doi (confirmed from the mailbox)
    #[arg(long, value_name = "EVIDENCE")]
    pub evidence: Option<String>,
    /// When they said yes, for lines without a date of their own: 2026-05-03
    #[arg(long, value_name = "DAY")]
    pub date: Option<String>,
    /// The purpose that they said yes to
    #[arg(long, value_name = "PURPOSE")]
    pub purpose: Option<String>,
    /// Who vouches for it: "Signed by Greta Olsen, 24 November 2026"
    #[arg(long, value_name = "TEXT")]
    pub statement: Option<String>,
    /// Where lines go that cannot be used (default: beside the file, NAME.rejects.csv)
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
}

/// `volens contact`.
#[derive(Debug, Subcommand)]
pub enum ContactCommand {
    /// Profile, permissions, every act, what was shown, every message
    Show {
        /// The address
        address: String,
    },
    /// May we write to this address, and why
    Why {
        /// The address
        address: String,
        /// The purpose; all when none is named
        purpose: Option<String>,
    },
}

/// `volens campaign`.
#[derive(Debug, Subcommand)]
pub enum CampaignCommand {
    /// Make a draft of a letter
    Create {
        /// Front matter with purpose and subject, then Markdown or HTML; - reads standard input
        letter: PathBuf,
        /// What you call it (default: the file's name)
        #[arg(long)]
        name: Option<String>,
    },
    /// See the letter as one reader would get it
    Preview {
        /// Name, id or number; the newest when none is given
        campaign: Option<String>,
        /// The reader; a made-up one otherwise
        #[arg(long, value_name = "ADDRESS")]
        to: Option<String>,
        /// The HTML part instead of the text part
        #[arg(long)]
        html: bool,
    },
    /// Send a draft to everybody who may be written to
    Send {
        /// Name, id or number; the newest when none is given
        campaign: Option<String>,
        /// Wait until it is done
        #[arg(long)]
        wait: bool,
    },
    /// See where it stands
    Status {
        /// Name, id or number; the newest when none is given
        campaign: Option<String>,
    },
    /// Let no further mail leave
    Pause {
        /// Name, id or number; the newest when none is given
        campaign: Option<String>,
    },
    /// Go on
    Resume {
        /// Name, id or number; the newest when none is given
        campaign: Option<String>,
    },
    /// Stop for good; what waits is cancelled
    Cancel {
        /// Name, id or number
        campaign: String,
    },
    /// All campaigns
    List,
}

/// `volens consent`.
#[derive(Debug, Subcommand)]
pub enum ConsentCommand {
    /// Fold every log again and put right what differs
    Rebuild {
        /// Only look; exit code 6 when something differs
        #[arg(long)]
        check: bool,
    },
}
