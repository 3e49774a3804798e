int rc_stub;
