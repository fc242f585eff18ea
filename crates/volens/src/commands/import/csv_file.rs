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
/// Bytes of a field; a longer one is no field of ours.
const FIELD_MAX: usize = 1_000;
/// The mark that some programs put before UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// An open file.
pub struct CsvFile {
    reader: csv::Reader<BufReader<File>>,
    header: ByteRecord,
    places: [Option<usize>; 5],
    measure: Measure,
    /// Bytes that the reader sees: without the byte order mark.
    bytes: u64,
}

/// What a first reading found.
struct Measure {
    sha256: String,
    bytes: u64,
    lines: u64,
    /// The last line ends as all others do.
    ends: bool,
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
        let measure = measure(&mut file).map_err(io)?;
        let mut bytes = measure.bytes;
        file.rewind().map_err(io)?;
        let mut file = BufReader::new(file);
        if file.fill_buf().map_err(io)?.starts_with(BOM) {
            file.consume(BOM.len());
            bytes -= BOM.len() as u64;
        }
        let delimiter = delimiter(file.fill_buf().map_err(io)?);
        let mut reader = csv::ReaderBuilder::new();
        // A carriage return before it is taken off each record: so lines can be counted.
        let reader = reader.delimiter(delimiter).terminator(csv::Terminator::Any(b'\n')).flexible(true);
        let mut reader = reader.from_reader(file);
        let header = reader.byte_headers().map_err(|e| named(format!("the header cannot be read: {e}")))?;
        let header = without_return(header);
        let places = COLUMNS.map(|(_, names)| header.iter().position(|h| is_one_of(h, names)));
        if places[0].is_none() {
            let found: Vec<_> =
                header.iter().map(|h| String::from_utf8_lossy(h).chars().take(30).collect::<String>()).collect();
            let found = if found.is_empty() { "nothing".into() } else { found.join(", ") };
            return Err(named(format!("the first line must name the columns, one of them email; it has {found}")));
        }
        Ok(Self { reader, header, places, measure, bytes })
    }

    /// Of the whole file, hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.measure.sha256
    }

    /// About how many records there are.
    pub fn lines(&self) -> u64 {
        self.measure.lines.saturating_sub(1)
    }

    /// The header.
    pub fn header(&self) -> &ByteRecord {
        &self.header
    }

    /// The line on which the record that was read last begins: the reader stands behind it.
    fn line_of(&self, record: &ByteRecord) -> u64 {
        let position = self.reader.position();
        let inside = record.iter().flatten().filter(|b| **b == b'\n').count() as u64;
        let ended = position.byte() < self.bytes || self.measure.ends;
        position.line().saturating_sub(inside + u64::from(ended))
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
        loop {
            let read = self.reader.read_byte_record(&mut raw);
            let line = self.line_of(&raw);
            match read {
                Ok(false) => return None,
                Ok(true) => {
                    let raw = without_return(&raw);
                    if raw.iter().all(|f| f.iter().all(u8::is_ascii_whitespace)) && raw.len() < 2 {
                        continue;
                    }
                    let row = self.read(&raw, line);
                    return Some(Entry { line, raw, row });
                }
                Err(e) => {
                    let why = format!("cannot be read: {e}");
                    return Some(Entry { line, raw, row: Err(Rejected { line, column: "line".into(), why }) });
                }
            }
        }
    }
}

/// The same without the carriage return at its end.
fn without_return(record: &ByteRecord) -> ByteRecord {
    let last = record.len().saturating_sub(1);
    let field = |(i, f)| if i == last { <[u8]>::strip_suffix(f, b"\r").unwrap_or(f) } else { f };
    record.iter().enumerate().map(field).collect()
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

fn measure(file: &mut File) -> std::io::Result<Measure> {
    let (mut hash, mut bytes, mut lines, mut last) = (Sha256::new(), 0, 0, b'\n');
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let n = file.read(&mut buffer)?;
        let Some(end) = buffer[..n].last() else { break };
        last = *end;
        hash.update(&buffer[..n]);
        bytes += n as u64;
        lines += buffer[..n].iter().filter(|b| **b == b'\n').count() as u64;
    }
    let ends = last == b'\n';
    Ok(Measure { sha256: hex(&hash.finalize()), bytes, lines: lines + u64::from(!ends), ends })
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
        let quoted = read(b"email,name\n\n\"a@b.example\",\"A\nB\nC\"\nc@d.example,x\n\n\n\ne@f.example,y").unwrap();
        assert_eq!(quoted.iter().map(|e| e.line).collect::<Vec<_>>(), [3, 6, 10]);
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
