//! Texts of the pages in simplified Chinese, traditional Chinese and English.
//!
//! `{app}` is the application's name. `|` marks where a Chinese line may break: lines that break inside a word are hard
//! to read, and browsers do not know Chinese words.

use lark_protocol::Page;

use super::Language;

/// Text of one page in one language.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text {
    pub(super) title: &'static str,
    pub(super) body: &'static str,
}

/// Wording shared by all pages of one language.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    /// Placeholder for the application's name inside a sentence.
    pub(super) app: &'static str,
    /// Placeholder for the application's name at the start of a sentence.
    pub(super) app_first: &'static str,
    /// Label of the link back to the chat, before the name of the client.
    pub(super) back: &'static str,
    /// Name of Feishu in this language.
    pub(super) feishu: &'static str,
    /// Closing sentence when there is no link back.
    pub(super) close: &'static str,
}

pub(super) fn frame(language: Language) -> Frame {
    match language {
        Language::Simplified => Frame {
            app: "应用",
            app_first: "应用",
            back: "返回",
            feishu: "飞书",
            close: "您也可以关闭此页面，|返回聊天。",
        },
        Language::Traditional(_) => Frame {
            app: "應用程式",
            app_first: "應用程式",
            back: "返回",
            feishu: "飛書",
            close: "您也可以關閉此頁面，|返回聊天。",
        },
        Language::English => Frame {
            app: "the application",
            app_first: "The application",
            back: "Back to ",
            feishu: "Feishu",
            close: "You can also close this page and return to the chat.",
        },
    }
}

pub(super) fn text(page: Page, language: Language) -> Text {
    let (title, body) = match language {
        Language::Simplified => simplified(page),
        Language::Traditional(_) => traditional(page),
        Language::English => english(page),
    };
    Text { title, body }
}

fn simplified(page: Page) -> (&'static str, &'static str) {
    match page {
        Page::Authorized => ("授权成功", "{app}现在可以|在您同意的权限范围内，|以您的身份进行操作。"),
        Page::Refused => ("已取消授权", "您没有|同意授权，|{app}未获得任何权限。"),
        Page::Expired => (
            "授权已过期",
            "授权请求|仅在\u{a0}10\u{a0}分钟内有效，|请回到聊天中|重新发起。",
        ),
        Page::Used => (
            "链接已使用",
            "每个授权请求|只能完成一次，|结果请查看|聊天中的授权卡片。",
        ),
        Page::WrongPerson => (
            "账号不一致",
            "当前登录的账号|与收到卡片的账号不同，|未保存任何授权。|请切换账号后|重新发起。",
        ),
        Page::NotAllowed => ("无法使用此应用", "您没有|使用此应用的权限，|请联系管理员。"),
        Page::Invalid => (
            "链接无效",
            "此链接不属于|任何进行中的授权请求，|请使用聊天中|最新的授权卡片。",
        ),
        Page::Failed => (
            "授权未完成",
            "处理过程中出现问题，|未能完成授权。|请稍后回到聊天中|重新发起。",
        ),
        Page::Incomplete => ("链接不完整", "地址中缺少|必要的信息，|请从聊天中的授权卡片|重新打开。"),
        Page::NotSetUp => ("授权功能尚未启用", "此服务|尚未配置用户授权，|请联系管理员。"),
        Page::Address => (
            "服务运行正常",
            "这是{app}的回调地址，|直接打开时|没有需要您操作的内容。",
        ),
    }
}

fn traditional(page: Page) -> (&'static str, &'static str) {
    match page {
        Page::Authorized => ("授權成功", "{app}現在可以|在您同意的權限範圍內，|以您的身分進行操作。"),
        Page::Refused => ("已取消授權", "您沒有|同意授權，|{app}未獲得任何權限。"),
        Page::Expired => (
            "授權已過期",
            "授權請求|僅在\u{a0}10\u{a0}分鐘內有效，|請回到聊天中|重新發起。",
        ),
        Page::Used => (
            "連結已使用",
            "每個授權請求|只能完成一次，|結果請查看|聊天中的授權卡片。",
        ),
        Page::WrongPerson => (
            "帳號不一致",
            "目前登入的帳號|與收到卡片的帳號不同，|未儲存任何授權。|請切換帳號後|重新發起。",
        ),
        Page::NotAllowed => ("無法使用此應用程式", "您沒有|使用此應用程式的權限，|請聯絡管理員。"),
        Page::Invalid => (
            "連結無效",
            "此連結不屬於|任何進行中的授權請求，|請使用聊天中|最新的授權卡片。",
        ),
        Page::Failed => (
            "授權未完成",
            "處理過程中出現問題，|未能完成授權。|請稍後回到聊天中|重新發起。",
        ),
        Page::Incomplete => ("連結不完整", "網址中缺少|必要的資訊，|請從聊天中的授權卡片|重新開啟。"),
        Page::NotSetUp => ("授權功能尚未啟用", "此服務|尚未設定使用者授權，|請聯絡管理員。"),
        Page::Address => (
            "服務運作正常",
            "這是{app}的回呼位址，|直接開啟時|沒有需要您操作的內容。",
        ),
    }
}

fn english(page: Page) -> (&'static str, &'static str) {
    match page {
        Page::Authorized => (
            "You're all set",
            "{App} can now act on your behalf, within the permissions you agreed to.",
        ),
        Page::Refused => (
            "Authorization cancelled",
            "You declined. {App} was not given any access.",
        ),
        Page::Expired => (
            "This request has expired",
            "Authorization requests are valid for 10 minutes. Please ask for a new card in the chat.",
        ),
        Page::Used => (
            "This link has already been used",
            "Each request can be answered only once. The card in the chat shows the result.",
        ),
        Page::WrongPerson => (
            "This is a different account",
            "You're signed in with a different account than the card was sent to, so nothing was saved. Please switch \
             accounts and ask for a new card.",
        ),
        Page::NotAllowed => (
            "You can't use this application",
            "You don't have permission to use this application. Please contact your administrator.",
        ),
        Page::Invalid => (
            "This link isn't valid",
            "It doesn't belong to an open authorization request. Please use the newest card in the chat.",
        ),
        Page::Failed => (
            "Something went wrong",
            "The authorization couldn't be completed. Please try again later with a new card in the chat.",
        ),
        Page::Incomplete => (
            "This link is incomplete",
            "Part of the address is missing. Please open it again from the card in the chat.",
        ),
        Page::NotSetUp => (
            "Authorization isn't set up",
            "This service can't take authorizations yet. Please contact your administrator.",
        ),
        Page::Address => (
            "The service is running",
            "This is the callback address of {app}. There is nothing for you to do here.",
        ),
    }
}
