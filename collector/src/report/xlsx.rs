//! The report as a workbook: a sheet for each criterion, and one for each table. Texts are written as texts, so none becomes a formula.

use super::last_known;
use super::table::{Cell, Table, tables};
use evidenced_schemas::Instant;
use evidenced_schemas::report::{ControlSection, CriterionSection, Report, State};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

/// The most rows of a sheet (Excel specifications and limits), without the header.
const ROWS: usize = 1_048_575;
/// The longest text of a cell, in characters.
const LONGEST: usize = 32_767;
/// Characters of a column.
const WIDE: f64 = 24.0;

/// The file's bytes. The same report gives the same.
///
/// # Errors
/// When the workbook cannot be written, or has more rows than a sheet takes: the CSV form has no such limit.
pub fn xlsx(report: &Report) -> Result<Vec<u8>, XlsxError> {
    let mut book = new(report.to, "Evidence of controls")?;
    let head = Format::new().set_bold();
    let tables = tables(report);
    let (first, rest) = tables.split_at(1);
    fill(book.add_worksheet(), &head, &first[0])?;
    for criterion in &report.criteria {
        fill(book.add_worksheet(), &head, &of_criterion(criterion, report))?;
    }
    for table in rest {
        fill(book.add_worksheet(), &head, table)?;
    }
    book.save_to_buffer()
}

/// What a criterion's sheet holds: its controls in each stream, or what stands in their place.
fn of_criterion(criterion: &CriterionSection, report: &Report) -> Table {
    let text = |text: &str| Cell::Text(text.to_owned());
    let about = [
        ("criterion", criterion.criterion.id()),
        ("subject", &*criterion.subject),
        ("an auditor needs besides", &*criterion.besides),
    ];
    let mut rows: Vec<Vec<Cell>> = about.iter().map(|(name, value)| vec![text(name), text(value)]).collect();
    rows.push(vec![]);
    rows.push(
        ["bears as", "control", "title", "stream", "last known state", "fail_seconds", "no_evidence_seconds"]
            .map(text)
            .into(),
    );
    let listed = |id: &str| report.controls.iter().find(|control| control.control == id);
    for (bears, ids) in [("primary", &criterion.primary), ("supporting", &criterion.supporting)] {
        for control in ids.iter().filter_map(|id| listed(id)) {
            rows.extend(lines(bears, control));
        }
    }
    if criterion.primary.is_empty() && criterion.supporting.is_empty() {
        rows.push(vec![text("no control of this period bears on it")]);
    }
    Table { name: criterion.criterion.about().id, header: vec![], rows }
}

fn lines(bears: &str, control: &ControlSection) -> Vec<Vec<Cell>> {
    let text = |text: &str| Cell::Text(text.to_owned());
    let seconds = |line: &evidenced_schemas::report::ControlLine, state| {
        Cell::Number(line.seconds.get(&state).copied().unwrap_or_default())
    };
    let line = |line: &evidenced_schemas::report::ControlLine| {
        let state = last_known(&line.intervals).map_or("no_evidence", |last| last.state.as_str());
        vec![
            text(bears),
            text(&control.control),
            text(&control.title),
            text(&line.stream),
            text(state),
            seconds(line, State::Fail),
            seconds(line, State::NoEvidence),
        ]
    };
    control.lines.iter().map(line).collect()
}

/// A workbook with a sheet for each table. The same tables give the same bytes.
///
/// # Errors
/// As [`xlsx`].
pub fn workbook(tables: &[Table], made: Instant, title: &str) -> Result<Vec<u8>, XlsxError> {
    let mut book = new(made, title)?;
    let head = Format::new().set_bold();
    for table in tables {
        fill(book.add_worksheet(), &head, table)?;
    }
    book.save_to_buffer()
}

/// An empty one. The time of making would make each file another one.
fn new(made: Instant, title: &str) -> Result<Workbook, XlsxError> {
    let mut book = Workbook::new();
    let made = ExcelDateTime::from_timestamp(made.utc().timestamp())?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made).set_title(title));
    Ok(book)
}

fn fill(sheet: &mut Worksheet, head: &Format, table: &Table) -> Result<(), XlsxError> {
    if table.rows.len() > ROWS {
        return Err(XlsxError::RowColumnLimitError);
    }
    sheet.set_name(table.name)?;
    for (column, name) in (0u16..).zip(&table.header) {
        sheet.write_string_with_format(0, column, *name, head)?;
        sheet.set_column_width(column, WIDE)?;
    }
    if table.header.is_empty() {
        sheet.set_column_range_width(0, 6, WIDE)?;
    } else {
        sheet.set_freeze_panes(1, 0)?;
    }
    let first = u32::from(!table.header.is_empty());
    for (row, cells) in (first..).zip(&table.rows) {
        for (column, cell) in (0u16..).zip(cells) {
            write(sheet, row, column, cell)?;
        }
    }
    Ok(())
}

fn write(sheet: &mut Worksheet, row: u32, column: u16, cell: &Cell) -> Result<(), XlsxError> {
    match cell {
        Cell::Text(text) => sheet.write_string(row, column, text.chars().take(LONGEST).collect::<String>())?,
        #[expect(clippy::cast_precision_loss, reason = "a workbook's numbers are doubles")]
        Cell::Number(number) => sheet.write_number(row, column, *number as f64)?,
        Cell::Hours(hours) => sheet.write_number(row, column, *hours)?,
        Cell::At(instant) => sheet.write_string(row, column, instant.to_string())?,
        Cell::Flag(flag) => sheet.write_string(row, column, flag.to_string())?,
        Cell::Empty => return Ok(()),
    };
    Ok(())
}
