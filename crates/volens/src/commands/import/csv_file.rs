//! A CSV file with a header, as spreadsheets write it: comma, semicolon or tab, with or without a byte order mark.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek};
use std::path::Path;

use csv::ByteRecord;
use sha2::{Digest, Sha256};
use volens_app::contact::hex;
use volens_app::import::{ImportRow, Rejected};

use crate::request::{Failure, Kind};

/// What each column may be called.
const COLUMNS: [(&str, &[&str]); 5] = [
    ("email", &["email", "e-mail", "e_mail", "mail", "address", "email address", "e-mail address"]),
    ("name", &["name", "first name", "firstname", "first_name", "full name"]),
    ("language", &["language", "lang", "locale"]),
    ("country", &["country", "country code", "country_code"]),
    ("date", &["date", "given_at", "signed_up_at", "opt-in date"]),
];
/// A field that is longer is no field of ours.
const FIELD_MAX: usize = 10_000;
/// The mark that some programs put before UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// An open file.
pub struct CsvFile {
    reader: csv::Reader<BufReader<File>>,
    header: ByteRecord,
    places: [Option<usize>; 5],
    sha256: String,
    lines: u64,
}

/// One record.
pub struct Entry {
    /// Its line.
    pub line: u64,
    /// As it stands there.
    pub raw: ByteRecord,
    /// What it says, or why it cannot be used.
    pub row: Result<ImportRow, Rejected>,
}

impl CsvFile {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// When it cannot be read or has no column for addresses.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let named = |why: String| Failure::new(Kind::Usage, format!("{}: {why}", path.display()));
        let io = |e: std::io::Error| named(format!("cannot be read: {e}"));
        let mut file = File::open(path).map_err(io)?;
        let (sha256, lines) = measure(&mut file).map_err(io)?;
        file.rewind().map_err(io)?;
        let mut file = BufReader::new(file);
        if file.fill_buf().map_err(io)?.starts_with(BOM) {
            file.consume(BOM.len());
        }
        let delimiter = delimiter(file.fill_buf().map_err(io)?);
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(file);
        let header = reader.byte_headers().map_err(|e| named(format!("the header cannot be read: {e}")))?.clone();
        let places = COLUMNS.map(|(_, names)| header.iter().position(|h| is_one_of(h, names)));
        if places[0].is_none() {
            let found: Vec<_> =
                header.iter().map(|h| String::from_utf8_lossy(h).chars().take(30).collect::<String>()).collect();
            let found = if found.is_empty() { "nothing".into() } else { found.join(", ") };
            return Err(named(format!("the first line must name the columns, one of them email; it has {found}")));
        }
        Ok(Self { reader, header, places, sha256, lines: lines.saturating_sub(1) })
    }

    /// Of the whole file, hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// About how many records there are.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// The header.
    pub fn header(&self) -> &ByteRecord {
        &self.header
    }

    fn read(&self, raw: &ByteRecord, line: u64) -> Result<ImportRow, Rejected> {
        let reject = |column: &str, why: String| Rejected { line, column: column.to_owned(), why };
        if raw.len() != self.header.len() {
            let (n, wanted) = (raw.len(), self.header.len());
            let why =
                format!("has {n} fields and the header {wanted}: put quotation marks around fields with separators");
            return Err(reject("line", why));
        }
        let field = |i: usize| -> Result<String, Rejected> {
            let Some(bytes) = self.places[i].and_then(|at| raw.get(at)) else { return Ok(String::new()) };
            let column = COLUMNS[i].0;
            if bytes.len() > FIELD_MAX {
                return Err(reject(column, "is far too long: look for a missing quotation mark".into()));
            }
            String::from_utf8(bytes.to_vec()).map_err(|_| reject(column, "is not UTF-8: save the file as UTF-8".into()))
        };
        Ok(ImportRow {
            line,
            email: field(0)?.trim().to_owned(),
            name: field(1)?,
            language: field(2)?,
            country: field(3)?,
            date: field(4)?,
        })
    }
}

impl Iterator for CsvFile {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        let mut raw = ByteRecord::new();
        let line = self.reader.position().line();
        match self.reader.read_byte_record(&mut raw) {
            Ok(false) => None,
            Ok(true) => {
                let line = raw.position().map_or(line, csv::Position::line);
                let row = self.read(&raw, line);
                Some(Entry { line, raw, row })
            }
            Err(e) => {
                let why = format!("cannot be read: {e}");
                Some(Entry { line, raw, row: Err(Rejected { line, column: "line".into(), why }) })
            }
        }
    }
}

fn is_one_of(header: &[u8], names: &[&str]) -> bool {
    let header = String::from_utf8_lossy(header).trim().to_lowercase();
    names.contains(&header.as_str())
}

/// The separator that the first line has most of.
fn delimiter(start: &[u8]) -> u8 {
    let first = start.split(|b| *b == b'\n').next().unwrap_or_default();
    let count = |d: u8| first.iter().filter(|b| **b == d).count();
    let best = [b',', b';', b'\t'].into_iter().rev().max_by_key(|d| count(*d));
    best.unwrap_or(b',')
}

fn measure(file: &mut File) -> std::io::Result<(String, u64)> {
    let (mut hash, mut lines, mut last) = (Sha256::new(), 0, b'\n');
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let n = file.read(&mut buffer)?;
        let Some(end) = buffer[..n].last() else { break };
        last = *end;
        hash.update(&buffer[..n]);
        lines += buffer[..n].iter().filter(|b| **b == b'\n').count() as u64;
    }
    Ok((hex(&hash.finalize()), lines + u64::from(last != b'\n')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Vec<Entry>, Failure> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.csv");
        std::fs::write(&path, bytes).unwrap();
        Ok(CsvFile::open(&path)?.collect())
    }

    #[test]
    fn what_spreadsheets_write() {
        let all =
            read(b"\xef\xbb\xbfE-Mail;Name;Extra\r\na@b.example;\"Doe; Ann\";1\r\n\r\nc@d.example;;2\r\n").unwrap();
        assert_eq!(all.len(), 2);
        let row = all[0].row.as_ref().unwrap();
        assert_eq!((row.line, row.email.as_str(), row.name.as_str()), (2, "a@b.example", "Doe; Ann"));
        assert_eq!(all[1].row.as_ref().unwrap().line, 4);
        let tabs = read(b"name\tlanguage\temail\nAnn\tfr\ta@b.example").unwrap();
        assert_eq!(tabs[0].row.as_ref().unwrap().language, "fr");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let all = read(b"email,name\na@b.example\nb@c.example,\xff\nc@d.example,ok\n").unwrap();
        let why = |i: usize| all[i].row.as_ref().unwrap_err().clone();
        assert_eq!((why(0).line, why(0).column.as_str()), (2, "line"));
        assert_eq!((why(1).line, why(1).column.as_str()), (3, "name"));
        assert!(all[2].row.is_ok());
        assert!(read(b"").err().unwrap().message.contains("it has nothing"));
        assert!(read(b"ann,bob\n1,2").err().unwrap().message.contains("it has ann, bob"));
        let long = [b"email,name\na@b.example,".as_slice(), &[b'x'; 20_000]].concat();
        assert_eq!(read(&long).unwrap()[0].row.as_ref().unwrap_err().column, "name");
    }
}
