//! `volens import contacts.csv`: read here line by line, brought in wherever the database is.

mod csv_file;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Value, json};
use volens_app::import::{ImportBatch, ImportOrder, Imported, Provenance, Rejected};
use volens_core::permission::{Evidence, Mode, SourceKind};

use super::Desk;
use crate::cli::ImportArgs;
use crate::link::Link;
use crate::output::{Output, Tint};
use crate::request::{Failure, Kind, Progress, What};
use csv_file::{CsvFile, Entry};

/// Lines that travel at once.
const CHUNK: usize = 500;

/// Brings a file in.
///
/// # Errors
/// When the flags do not hold together, the file cannot be read, or the database fails: what was brought in before
/// stays, and running the same command again goes on.
pub async fn run(args: &ImportArgs, desk: &Desk) -> Result<ExitCode, Failure> {
    let mut file = CsvFile::open(&args.file)?;
    let order = order(args, &file)?;
    let mut link = Link::open(&desk.config()?).await?;
    let result = bring_in(args, desk, &mut link, &mut file, order).await;
    link.close().await;
    let Done { report, lines, rejects, stopped, order } = result?;
    let answer = json!({
        "file": args.file, "sha256": order.file, "source": order.source_name, "lines": lines,
        "quarantined": order.provenance.is_none(), "new": report.new, "known": report.known, "merged": report.merged,
        "again": report.again, "other_language": report.other_language, "rejected": report.rejected.len(),
        "rejects": rejects, "interrupted": stopped,
    });
    desk.out.answer(&answer, |out| show(out, &answer, &report.rejected));
    if stopped {
        return Err(Failure::new(Kind::Busy, "interrupted: run the same command again, it goes on where it was"));
    }
    let clean = report.rejected.is_empty();
    Ok(if clean { ExitCode::SUCCESS } else { Kind::Found.exit_code() })
}

struct Done {
    report: Imported,
    lines: u64,
    rejects: Option<PathBuf>,
    stopped: bool,
    order: ImportOrder,
}

async fn bring_in(
    args: &ImportArgs,
    desk: &Desk,
    link: &mut Link,
    file: &mut CsvFile,
    order: ImportOrder,
) -> Result<Done, Failure> {
    let read = |v: Value| Failure::new(Kind::Failed, format!("the answer cannot be read: {v}"));
    let begun = desk.over(link, What::ImportBegin { order: order.clone() }).await?;
    let batch: Box<ImportBatch> = serde_json::from_value(begun).map_err(|e| read(Value::String(e.to_string())))?;
    let path = args.rejects.clone().unwrap_or_else(|| args.file.with_extension("rejects.csv"));
    let mut rejects = Rejects { path, out: None };
    let mut report = Imported::default();
    let (mut lines, mut stopped) = (0, false);
    let mut interrupt = std::pin::pin!(tokio::signal::ctrl_c());
    while !stopped {
        let chunk: Vec<Entry> = file.take(CHUNK).collect();
        if chunk.is_empty() {
            break;
        }
        lines += chunk.len() as u64;
        let rows = chunk.iter().filter_map(|e| e.row.as_ref().ok().cloned()).collect();
        let what = What::ImportRows { batch: batch.clone(), rows };
        // A chunk that was begun is waited for: it is in, or it is not.
        let mut answer = std::pin::pin!(desk.over(link, what));
        let answer = tokio::select! {
            answer = &mut answer => answer?,
            _ = &mut interrupt, if !stopped => {
                stopped = true;
                answer.await?
            }
        };
        let mut done: Imported = serde_json::from_value(answer).map_err(|e| read(Value::String(e.to_string())))?;
        done.rejected.extend(chunk.iter().filter_map(|e| e.row.as_ref().err().cloned()));
        done.rejected.sort_by_key(|r| r.line);
        rejects.write(file.header(), &chunk, &done.rejected)?;
        report.add(done);
        desk.out.progress(&Progress { what: "Bringing in".into(), done: lines, total: file.lines().max(lines) });
    }
    let rejects = rejects.finish()?;
    Ok(Done { report, lines, rejects, stopped, order })
}

/// What the flags say, if they say enough.
fn order(args: &ImportArgs, file: &CsvFile) -> Result<ImportOrder, Failure> {
    let name = args.file.file_name().map_or_else(|| "contacts".into(), |n| n.to_string_lossy().into_owned());
    Ok(ImportOrder {
        source_name: args.source_name.clone().unwrap_or_else(|| name.clone()),
        file_name: name,
        file: file.sha256().to_owned(),
        provenance: provenance(args)?,
    })
}

fn provenance(args: &ImportArgs) -> Result<Option<Provenance>, Failure> {
    let usage = |message: String| Failure::new(Kind::Usage, message);
    let needed = [
        ("--obtained", &args.obtained),
        ("--mode", &args.mode),
        ("--evidence", &args.evidence),
        ("--purpose", &args.purpose),
    ];
    let missing: Vec<&str> = needed.iter().filter(|(_, v)| v.is_none()).map(|(flag, _)| *flag).collect();
    let beside = args.date.is_some() || args.statement.is_some();
    if missing.len() == needed.len() && !beside {
        return Ok(None);
    }
    let [Some(obtained), Some(mode), Some(evidence), Some(purpose)] = needed.map(|(_, v)| v.as_deref()) else {
        let missing = missing.join(", ");
        return Err(usage(format!(
            "{missing} must be given too: a permission needs all of it; without any of these flags people come in \
             without a permission"
        )));
    };
    let kind = match obtained {
        "form" => Some(SourceKind::Website),
        "counter" => Some(SourceKind::Event),
        word => SourceKind::read(word),
    };
    let words = |all: &[SourceKind]| all.iter().map(|k| k.word()).collect::<Vec<_>>().join(", ");
    let kind = kind.ok_or_else(|| {
        usage(format!("--obtained {obtained:?}: write one of form, counter, {}", words(SourceKind::ALL)))
    })?;
    let mode = [Mode::Active, Mode::Passive, Mode::Silence].into_iter().find(|m| m.word() == mode);
    let mode = mode.ok_or_else(|| usage("--mode: write one of active, passive, silence".into()))?;
    let all = [Evidence::Claimed, Evidence::ImportedWithFile, Evidence::Single, Evidence::Doi];
    let evidence = all.into_iter().find(|e| e.word() == evidence);
    let evidence =
        evidence.ok_or_else(|| usage("--evidence: write one of claimed, imported_with_file, single, doi".into()))?;
    let (date, statement) = (args.date.clone(), args.statement.clone());
    Ok(Some(Provenance { obtained: kind, mode, evidence, purpose: purpose.to_owned(), date, statement }))
}

/// The file of lines that cannot be used, with what is wrong before each; made with the first of them.
struct Rejects {
    path: PathBuf,
    out: Option<csv::Writer<std::fs::File>>,
}

impl Rejects {
    fn write(&mut self, header: &csv::ByteRecord, chunk: &[Entry], rejected: &[Rejected]) -> Result<(), Failure> {
        let path = self.path.clone();
        let failed = |e: csv::Error| Failure::new(Kind::Failed, format!("{} cannot be written: {e}", path.display()));
        for reject in rejected {
            let out = match &mut self.out {
                Some(out) => out,
                None => {
                    let mut out = csv::WriterBuilder::new().flexible(true).from_writer(private(&self.path)?);
                    let head: [&[u8]; 3] = [b"line", b"column", b"problem"];
                    out.write_byte_record(&head.into_iter().chain(header.iter()).collect()).map_err(failed)?;
                    self.out.insert(out)
                }
            };
            let Some(entry) = chunk.iter().find(|e| e.line == reject.line) else { continue };
            let line = reject.line.to_string();
            let head = [line.as_bytes(), reject.column.as_bytes(), reject.why.as_bytes()];
            out.write_byte_record(&head.into_iter().chain(entry.raw.iter()).collect()).map_err(failed)?;
        }
        Ok(())
    }

    fn finish(self) -> Result<Option<PathBuf>, Failure> {
        let Some(mut out) = self.out else { return Ok(None) };
        out.flush().map_err(|e| Failure::new(Kind::Failed, format!("{}: {e}", self.path.display())))?;
        Ok(Some(self.path))
    }
}

/// A new file that only its owner can read: addresses go into it.
fn private(path: &Path) -> Result<std::fs::File, Failure> {
    use std::os::unix::fs::OpenOptionsExt;
    let opened = std::fs::File::options().write(true).create(true).truncate(true).mode(0o600).open(path);
    opened.map_err(|e| {
        let path = path.display();
        Failure::new(Kind::Failed, format!("{path} cannot be written: {e}; name another file with --rejects"))
    })
}

fn show(out: &Output, answer: &Value, rejected: &[Rejected]) {
    let n = |key: &str| super::number(answer, key);
    out.say(&format!("{} lines of {}:", n("lines"), answer["file"].as_str().unwrap_or_default()));
    for (key, words) in [
        ("new", "people who were not known"),
        ("known", "who were known: the record was added to theirs"),
        ("merged", "addresses that stood there twice: merged"),
        ("again", "lines that were in already"),
        ("other_language", "in a language that is none of ours: they are written to in English"),
        ("rejected", "lines that cannot be used"),
    ] {
        if n(key) > 0 || key == "new" {
            out.say(&format!("{:>8}  {words}", n(key)));
        }
    }
    for reject in rejected.iter().take(10) {
        out.say(&format!("  line {}, {}: {}", reject.line, reject.column, reject.why));
    }
    if let Some(path) = answer["rejects"].as_str() {
        out.say(&format!("All of them stand in {path}: correct them there and import that file."));
    }
    if answer["quarantined"] == true {
        let words = "Without provenance nobody of them is written to. If you can say how they said yes, import the file \
                     again with --obtained, --mode, --evidence and --purpose.";
        out.say(&out.tint(Tint::Yellow, words));
    }
}
