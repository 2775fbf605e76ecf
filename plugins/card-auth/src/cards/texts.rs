//! Every text of the cards and toasts, in Chinese and English.

use super::Text;

macro_rules! texts {
    ($($name:ident: $zh:literal, $en:literal;)*) => {
        $(pub(crate) const $name: Text = Text { zh: $zh, en: $en };)*
    };
}

texts! {
    UNKNOWN_SESSION: "找不到该授权请求，请重新发起", "Session not found; please ask for a new card";
    OTHER_USER: "此卡片属于其他用户", "This card is for another user";
    NOBODY: "无法确认您的身份，请重试", "We cannot tell who you are; please try again";
    IN_PROGRESS: "授权正在处理中", "The authorization is in progress";
    COMPLETED: "授权已完成，无需重复操作", "You've already authorized this";
    REJECTED: "授权已取消，请重新发起", "Already cancelled; please ask for a new card";
    EXPIRED: "授权已过期，请重新发起", "The request has expired; please ask for a new card";
    FAILED: "授权未成功，请重新发起", "The authorization failed; please ask for a new card";
    SUPERSEDED: "已有新的授权请求，请使用最新的卡片", "A newer card has replaced this one; please use that one";
    UNKNOWN_ACTION: "无法识别的操作", "Unknown action";
    TOO_MANY: "操作过于频繁，请稍后再试", "Too many requests; please try again later";
    NOT_CONFIGURED: "授权功能尚未配置，请联系管理员", "Authorization isn't set up; please contact your administrator";
    CANCELLED: "已取消授权", "Authorization cancelled";
    OPEN_LINK: "请点击链接完成授权", "Open the link to finish";
    NEW_CARD: "正在发送新的授权卡片", "A new card is on its way";

    REQUEST_TITLE: "用户授权请求", "Authorization request";
    REQUEST_BODY: "应用希望在获得您的同意后，以您的身份进行操作。", "With your consent, the application can act on your behalf.";
    SCOPES: "权限：", "Permissions: ";
    VALID: "10 分钟内有效，仅限您本人操作。", "Valid for 10 minutes, for you only.";
    AUTHORIZE: "授权", "Authorize";
    CANCEL: "取消", "Cancel";
    LINK_TITLE: "完成授权", "Finish the authorization";
    LINK_BODY: "请在打开的页面中确认授权。", "Please confirm on the page that opens.";
    GO: "前往授权", "Open the page";
    AGAIN: "重新授权", "Start again";

    COMPLETED_TITLE: "授权成功", "Authorized";
    COMPLETED_BODY: "应用现在可以以您的身份进行操作。", "The application can now act on your behalf.";
    COMPLETED_BY: "授权人：", "Authorized by: ";
    CANCELLED_BODY: "您已取消本次授权，应用未获得任何权限。", "You declined. The application was not given any access.";
    EXPIRED_TITLE: "授权已过期", "Request expired";
    EXPIRED_BODY: "本次授权请求已过期。", "This request has expired.";
    SUPERSEDED_TITLE: "授权请求已更新", "Request replaced";
    SUPERSEDED_BODY: "本次授权未完成，请使用最新的授权卡片。", "This request was not completed. Please use the newest card.";
    FAILED_TITLE: "授权未成功", "Authorization failed";
    FAILED_BODY: "授权未能完成，应用未获得任何权限。", "The authorization was not completed. The application was not given any access.";
    WRONG_PERSON_BODY:
        "完成授权的账号与收到此卡片的账号不同，未保存任何授权。",
        "A different account was used than the one this card was sent to, so nothing was saved.";
    NOT_ALLOWED_BODY: "您没有使用此应用的权限，请联系管理员。", "You don't have permission to use this application. Please contact your administrator.";
}
