//! Parts of long lists for programs: by page, or after a row that was read before.

use model::page::{Mark, Slice, Window};
use model::time::Timestamp;
use sqlx::{Database, Encode, QueryBuilder, Type};

/// Adds condition, order and limit of a window to a statement that ends in its `WHERE`; `age` and `id` are the columns of a [`Mark`].
///
/// One row more than asked for is read after a mark: it tells whether there are any.
pub(crate) fn push_window<DB: Database>(sql: &mut QueryBuilder<DB>, window: &Window, age: &str, id: &str)
where
    String: Type<DB> + for<'e> Encode<'e, DB>,
    i64: Type<DB> + for<'e> Encode<'e, DB>,
{
    if let Window::After(Some(mark), _) = window {
        sql.push(format_args!(" AND ({age} > ")).push_bind(mark.created_at);
        sql.push(format_args!(" OR ({age} = ")).push_bind(mark.created_at);
        sql.push(format_args!(" AND {id} > ")).push_bind(mark.id.clone()).push("))");
    }
    sql.push(format_args!(" ORDER BY {age}, {id} LIMIT "));
    match window {
        Window::Page(page) => sql.push_bind(page.per_page).push(" OFFSET ").push_bind(page.offset()),
        Window::After(_, take) => sql.push_bind(take + 1),
    };
}

/// Cuts off the row that was read beyond what was asked for, and says where to go on.
pub(crate) fn cut<T>(mut items: Vec<T>, total: i64, window: &Window, mark: impl Fn(&T) -> (Timestamp, String)) -> Slice<T> {
    let mut next = None;
    if let Window::After(_, take) = window {
        let take = usize::try_from(*take).unwrap_or_default();
        if items.len() > take {
            items.truncate(take);
            next = items.last().map(mark).map(|(created_at, id)| Mark { created_at, id });
        }
    }
    Slice { items, total, next }
}
